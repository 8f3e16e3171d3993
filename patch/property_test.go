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
	utf16le := func(s string) string {
		b := []byte{0xff, 0xfe}
		for _, unit := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, unit)
		}
		return string(b)
	}
	storages := map[string]func(string) string{
		"CRLF":      func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"BOM":       func(s string) string { return "\ufeff" + s },
		"UTF-16 LE": utf16le,
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

// Edits of different lines can be merged in either order.
func TestRebaseOfIndependentEditsCommutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := strings.SplitAfter("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", "\n")[:10]
		at := rapid.SampledFrom([]int{0, 3, 6, 9})
		edit := func(name string, at int) string {
			with := rapid.SampledFrom([]string{"", "x\n", "x\ny\n"}).Draw(t, name)
			return strings.Join(slices.Concat(lines[:at], []string{with}, lines[at+1:]), "")
		}
		i := at.Draw(t, "ours at")
		j := at.Filter(func(j int) bool { return j != i }).Draw(t, "theirs at")
		base, ours, theirs := strings.Join(lines, ""), edit("ours", i), edit("theirs", j)
		one, conflicts := Rebase(base, ours, theirs)
		other, more := Rebase(base, theirs, ours)
		if one != other || len(conflicts)+len(more) > 0 {
			t.Fatalf("ours %q, theirs %q: %q %v, %q %v", ours, theirs, one, conflicts, other, more)
		}
	})
}
