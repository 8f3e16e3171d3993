package patch

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// asPatch is a unified diff as a patch of the file a.
func asPatch(diff string) string {
	_, hunks, _ := strings.Cut(diff, "\n@@")
	return wrapped("*** Update File: a\n@@" + hunks)
}

// versions are two different versions of a file that is not blank, with lines
// that end in "\n". The last may lack it, but the first of before does not if
// it must show how lines end.
func versions(t *rapid.T, shows bool) (before, after string) {
	version := rapid.Custom(func(t *rapid.T) string {
		return strings.ReplaceAll(text(t, "text"), "\r\n", "\n")
	}).Filter(func(s string) bool { return strings.Trim(s, "\n") != "" })
	before = version.Filter(func(s string) bool { return !shows || strings.Contains(s, "\n") }).Draw(t, "before")
	return before, version.Filter(func(s string) bool { return s != before }).Draw(t, "after")
}

// A diff applied to what it was made of gives what it was made for, even where
// the same lines stand in several places: it says at which line they are meant.
func TestDiffThenApplyIsTheIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := versions(t, false)
		diff := Diff("a", before, after)
		got, err := files{"a": before}.apply(asPatch(diff))
		if err != nil || got["a"] != after {
			t.Fatalf("before %q\nafter %q\ngot %q, %v\n%s", before, after, got["a"], err, diff)
		}
	})
}

// However a file is stored, the same patch makes the same change to its text.
func TestStorageIsKept(t *testing.T) {
	wide := func(order binary.AppendByteOrder) func(string) string {
		return func(s string) string {
			var b []byte
			for _, unit := range utf16.Encode([]rune(byteOrderMark + s)) {
				b = order.AppendUint16(b, unit)
			}
			return string(b)
		}
	}
	storages := map[string]func(string) string{
		"CRLF":      func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"BOM":       func(s string) string { return "\ufeff" + s },
		"UTF-16 LE": wide(binary.LittleEndian),
		"UTF-16 BE": wide(binary.BigEndian),
	}
	for name, store := range storages {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				before, after := versions(t, true)
				got, err := files{"a": store(before)}.apply(asPatch(Diff("a", before, after)))
				if want := store(after); err != nil || got["a"] != want {
					t.Fatalf("before %q\ngot  %q, %v\nwant %q", store(before), got["a"], err, want)
				}
			})
		})
	}
}

// Edits of different lines are all made, whichever side is merged into which.
func TestRebaseOfIndependentEditsCommutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := strings.SplitAfter("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", "\n")
		both := slices.Clone(base)
		sides := [2][]string{slices.Clone(base), slices.Clone(base)}
		for at := 0; at < 10; at += 3 {
			with := rapid.SampledFrom([]string{"", "x\n", "x\ny\n"}).Draw(t, "with")
			sides[rapid.IntRange(0, 1).Draw(t, "side")][at] = with
			both[at] = with
		}
		text := func(lines []string) string { return strings.Join(lines, "") }
		for i := range sides {
			got, conflicts := Rebase(text(base), text(sides[i]), text(sides[1-i]))
			if got != text(both) || len(conflicts) > 0 {
				t.Fatalf("ours %q, theirs %q: got %q, %v", text(sides[i]), text(sides[1-i]), got, conflicts)
			}
		}
	})
}

// anyBytes are lines of any bytes.
func anyBytes(t *rapid.T, name string) string {
	line := rapid.Custom(func(t *rapid.T) string {
		body := rapid.SliceOfN(rapid.SampledFrom([]byte("a\x00\r\t \x80\xa0\xe9\xff\xfe\xef\xbb\xbf")), 0, 6).Draw(t, "bytes")
		return string(body) + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "ending")
	})
	return strings.Join(rapid.SliceOfN(line, 0, 8).Draw(t, name), "")
}

// What no hunk names comes out byte for byte, whichever encoding it is in, and
// the line that is named keeps its ending.
func TestBytesOutsideTheHunksAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		above := rapid.Custom(func(t *rapid.T) string { return anyBytes(t, "lines") }).
			Filter(func(s string) bool { return !slices.Contains([]string{"\xff\xfe", "\xfe\xff"}, s[:min(2, len(s))]) }).Draw(t, "above")
		below := anyBytes(t, "below")
		ending := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "ending")
		got, err := files{"a": above + "here" + ending + below}.apply(wrapped("*** Update File: a\n@@\n-here\n+there\n"))
		if want := above + "there" + ending + below; err != nil || got["a"] != want {
			t.Fatalf("got %q, %v, want %q", got["a"], err, want)
		}
	})
}
