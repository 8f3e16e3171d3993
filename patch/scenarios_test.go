package patch

import (
	"io/fs"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// files is a tree in memory.
type files map[string]string

func (f files) Read(path string) (File, error) {
	text, ok := f[path]
	if !ok {
		return File{}, fs.ErrNotExist
	}
	return File{Text: text}, nil
}

// apply carries out a patch in a copy of the tree.
func (f files) apply(text string) (files, error) {
	p, err := Parse(text)
	if err != nil {
		return nil, err
	}
	changes, err := p.Apply(f)
	if err != nil {
		return nil, err
	}
	after := maps.Clone(f)
	for _, c := range changes {
		delete(after, c.Path)
		if c.Op != Delete {
			after[c.Target()] = c.After
		}
	}
	return after, nil
}

func wrapped(body string) string { return "*** Begin Patch\n" + body + "*** End Patch\n" }

func TestApply(t *testing.T) {
	two := files{"a": "one\ntwo\nthree\n", "b": "x\n"}
	defs := files{"a": "def f():\n    return 1\n\ndef g():\n    return 1\n"}
	for _, c := range []struct {
		name  string
		in    files
		patch string
		want  files  // nil: refused
		says  string // the error holds this
	}{
		{"update", two, wrapped("*** Update File: a\n@@\n one\n-two\n+TWO\n three\n"), files{"a": "one\nTWO\nthree\n", "b": "x\n"}, ""},
		{"add", two, wrapped("*** Add File: c/d\n+new\n"), files{"a": two["a"], "b": "x\n", "c/d": "new\n"}, ""},
		{"delete", two, wrapped("*** Delete File: b\n"), files{"a": two["a"]}, ""},
		{"move and change", two, wrapped("*** Update File: b\n*** Move to: c\n@@\n-x\n+y\n"), files{"a": two["a"], "c": "y\n"}, ""},
		{"move alone", two, wrapped("*** Update File: b\n*** Move to: c\n"), files{"a": two["a"], "c": "x\n"}, ""},
		{"one bad section spoils all", two, wrapped("*** Update File: b\n@@\n-x\n+y\n*** Update File: a\n@@\n-nothing like it\n+z\n"), nil, "a"},
		{"missing file", two, wrapped("*** Update File: none\n@@\n-x\n+y\n"), nil, "none"},
		{"ambiguous", defs, wrapped("*** Update File: a\n@@\n-    return 1\n+    return 2\n"), nil, "2"},
		{"header tells which", defs, wrapped("*** Update File: a\n@@ def g():\n-    return 1\n+    return 2\n"), files{"a": "def f():\n    return 1\n\ndef g():\n    return 2\n"}, ""},
		{"CRLF stays", files{"a": "one\r\ntwo\r\n"}, wrapped("*** Update File: a\n@@\n-two\n+TWO\n"), files{"a": "one\r\nTWO\r\n"}, ""},
		{"no final newline stays", files{"a": "one\ntwo"}, wrapped("*** Update File: a\n@@\n-one\n+ONE\n"), files{"a": "ONE\ntwo"}, ""},
		{"other bytes stay", files{"a": "\xff\xfe\x80 latin \xe9\nx\n"}, wrapped("*** Update File: a\n@@\n-x\n+y\n"), nil, ""},
		{"latin-1 around the change", files{"a": "caf\xe9\nx\n"}, wrapped("*** Update File: a\n@@\n-x\n+y\n"), files{"a": "caf\xe9\ny\n"}, ""},
		{"byte order mark stays", files{"a": "\ufeffx\n"}, wrapped("*** Update File: a\n@@\n-x\n+y\n"), files{"a": "\ufeffy\n"}, ""},
		{"move onto itself keeps the file", two, wrapped("*** Update File: b\n*** Move to: b\n@@\n-x\n+y\n"), files{"a": two["a"], "b": "y\n"}, ""},
		{"heredoc and fence around", two, "Here it is:\n```\napply_patch <<'PATCH'\n" + wrapped("*** Update File: b\n@@\n-x\n+y\n") + "PATCH\n```\n", files{"a": two["a"], "b": "y\n"}, ""},
		{"context keeps the file's own text", files{"a": "it\u2019s  \nx\n"}, wrapped("*** Update File: a\n@@\n it's\n-x\n+y\n"), files{"a": "it\u2019s  \ny\n"}, ""},
		{"a blank line at an open end", files{"a": "x\nend"}, wrapped("*** Update File: a\n@@\n end\n+\n"), files{"a": "x\nend\n\n"}, ""},
		{"no begin", two, "*** Update File: a\n", nil, "*** Begin Patch"},
		{"no end", two, "*** Begin Patch\n*** Update File: a\n@@\n-one\n+ONE\n", nil, "*** End Patch"},
		{"not a section", two, wrapped("*** Frobnicate File: a\n"), nil, "is not the header of a section"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.in.apply(c.patch)
			switch {
			case c.name == "other bytes stay": // whatever it says of it, it must not damage it
				if err == nil && !strings.HasPrefix(got["a"], "\xff\xfe\x80 latin \xe9\n") {
					t.Errorf("bytes outside the hunk changed: %q", got["a"])
				}
			case (err != nil) != (c.want == nil):
				t.Fatalf("error %v, want tree %v", err, c.want)
			case err != nil && !strings.Contains(err.Error(), c.says):
				t.Errorf("error %q does not say %q", err, c.says)
			case err == nil && !cmp.Equal(got, c.want):
				t.Error(cmp.Diff(c.want, got))
			}
		})
	}
}

func text(t *rapid.T, name string) string {
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "  c", "\td", "", "}", "é", "x = 1"}), 0, 12).Draw(t, name)
	end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, name+" ending")
	s := strings.Join(lines, end)
	if rapid.Bool().Draw(t, name+" final newline") && s != "" {
		s += end
	}
	return s
}

func TestEditsLeadFromOneTextToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := text(t, "before"), text(t, "after")
		if got := ApplyEdits(before, Edits(before, after)); got != after {
			t.Fatalf("before %q\ngot  %q\nwant %q", before, got, after)
		}
	})
}

func TestRebaseOfOneSideIsThatSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, side := text(t, "base"), text(t, "side")
		for _, c := range []struct{ ours, theirs string }{{side, base}, {base, side}, {side, side}} {
			merged, conflicts := Rebase(base, c.ours, c.theirs)
			if merged != side || len(conflicts) > 0 {
				t.Fatalf("base %q, ours %q, theirs %q: got %q, %v", base, c.ours, c.theirs, merged, conflicts)
			}
		}
	})
}

func TestRebaseKeepsEditsFarApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		head, tail, middle := text(t, "head")+"\n", text(t, "tail")+"\n", "1\n2\n3\n4\n5\n"
		ours, theirs := "ours\n"+head, tail+"theirs\n"
		merged, conflicts := Rebase(head+middle+tail, ours+middle+tail, head+middle+theirs)
		if want := ours + middle + theirs; merged != want || len(conflicts) > 0 {
			t.Fatalf("got %q, %v, want %q", merged, conflicts, want)
		}
	})
}
