package patch

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// FuzzParse: whatever a patch says, it is read or refused by line; what was
// read can be carried out or is refused, and every change is one of the tree.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		wrapped("*** Update File: a\n@@ x\n-one\n+two\n"),
		"*** Begin Patch\n*** Add File: c\n+x\n*** End of File\n*** End Patch",
		"Look:\n```\napply_patch <<'X'\n  *** Begin Patch\n  *** Delete File: a/b\n  *** End Patch\nX\n```\n",
		wrapped("*** Update File: b\n*** Move to: a\n*** Environment ID: e\n*** Delete File: a\n"),
		wrapped("*** Update File: a/a\n--- a/a\n+++ b/a\n@@ -1,2 +1 @@ x\n-one\n x\n\\ No newline at end of file\n@@\n x\n\n one\n+1\n"),
		`{"input": "*** Begin Patch\n*** Add File: \"c d\"\n+\u00e9\n*** End Patch"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			checkParseError(t, text, err)
			return
		}
		for _, s := range p.Sections {
			if s.Path == "" || s.Line < 1 || s.Op == Update && len(s.Chunks) == 0 && s.MoveTo == "" {
				t.Fatalf("a section that says nothing: %+v", s)
			}
			for _, c := range s.Chunks {
				if len(c.Lines) == 0 || c.Line <= s.Line {
					t.Fatalf("a chunk that says nothing: %+v", c)
				}
			}
		}
		tree := files{"a": "one\nx\none\n", "b": "", "d/e": "\tone\r\n\r\n\ttwo"}
		changes, err := p.Apply(tree)
		checkChanges(t, tree, changes, err)
		changes, err = p.Apply(tree, FirstMatch)
		checkChanges(t, tree, changes, err)
	})
}

func checkParseError(t *testing.T, text string, err error) {
	t.Helper()
	parse := new(ParseError)
	if !errors.As(err, &parse) || parse.Reason == "" || parse.Expected == "" {
		t.Fatalf("%T: %v", err, err)
	}
	if last := strings.Count(unwrap(text), "\n") + 1; parse.Line < 1 || parse.Line > last {
		t.Fatalf("%v, and the last line is %d", err, last)
	}
}

// checkChanges holds changes against the tree they were made of.
func checkChanges(t *testing.T, tree files, changes []Change, err error) {
	t.Helper()
	if err != nil && (len(changes) > 0 || strings.TrimSpace(err.Error()) == "") {
		t.Fatalf("%v, and changes %v", err, changes)
	}
	for _, c := range changes {
		if c.Before != tree[c.Path] {
			t.Fatalf("%s: made of %q, not of %q", c.Path, c.Before, tree[c.Path])
		}
		if got := ApplyEdits(c.Before, Edits(c.Before, c.After)); got != c.After {
			t.Fatalf("%s: edits of %q lead to %q, not to %q", c.Path, c.Before, got, c.After)
		}
		if old, was := tree[c.Target()]; c.Overwrites != nil && (!was || c.Overwrites.Text != old) {
			t.Fatalf("%s overwrites %v, there is %q", c.Path, c.Overwrites, old)
		}
		if diff := Unified(c); c.MoveTo == "" && c.Op == Update && (diff == "") != (c.Before == c.After) {
			t.Fatalf("%q becomes %q, shown as %q", c.Before, c.After, diff)
		}
		if before, after := outside(c); c.Op == Update && before != after {
			t.Fatalf("%+v: outside of the hunks %q becomes %q", c, before, after)
		}
	}
}

// outside is what an Update leaves: the lines between its hunks, in the texts
// before and after.
func outside(c Change) (before, after string) {
	enc := encodingOf(c.Before)
	old := cut(enc.decode(c.Before))
	if !strings.HasPrefix(c.After, enc.mark) {
		enc = encoding{} // the patch removes the mark
	}
	now := cut(enc.decode(c.After))
	i, k := 0, 0
	for _, h := range c.Hunks {
		before += old.between(i, h.Before.Start) + "|"
		after += now.between(k, h.After.Start) + "|"
		i, k = h.Before.End, h.After.End
	}
	return before + old.between(i, old.len()), after + now.between(k, now.len())
}

// FuzzApply: whatever file and hunk come together, the outcome is a change that
// was made of the file as it is, is the same every time, and can be told as
// edits; or an error that says what is wrong.
func FuzzApply(f *testing.F) {
	for _, seed := range [][2]string{
		{"one\ntwo\nthree\n", " one\n-two\n+2\n"},
		{"a\r\nb\r\n", "-b\n+c\n"},
		{"\tif x {\n\t\ty()\n\t}\n", " if x {\n-    y()\n+    z()\n }\n"},
		{"it\u2019s\n\n\nend", " it's\n \n-end\n+END\n\\ No newline at end of file\n"},
		{"\xff\xfea\x00\n\x00", "-a\n+b\n"},
		{"x\nx\nx\n", "@@ x\n-x\n+y\n@@\n x\n+z\n*** End of File\n"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, file, hunk string) {
		text := wrapped("*** Update File: a\n@@\n" + hunk)
		p, err := Parse(text)
		if err != nil {
			checkParseError(t, text, err)
			return
		}
		tree := files{"a": file, "b": "b\n"}
		changes, err := p.Apply(tree)
		again, errAgain := p.Apply(tree)
		if !reflect.DeepEqual(changes, again) || (err == nil) != (errAgain == nil) {
			t.Fatalf("once %v %v, then %v %v", changes, err, again, errAgain)
		}
		checkChanges(t, tree, changes, err)
	})
}

// FuzzRebase: what one side alone has done stands, and what both have done
// stands once.
func FuzzRebase(f *testing.F) {
	f.Add("one\ntwo\n", "one\n2\n", "zero\none\ntwo\n")
	f.Add("a\r\nb", "a\r\nb\r\n", "b")
	f.Add("", "x", "\xff")
	f.Fuzz(func(t *testing.T, base, ours, theirs string) {
		_, _ = Rebase(base, ours, theirs) // must come to an end
		for _, c := range [][2]string{{ours, base}, {base, ours}, {ours, ours}} {
			if merged, conflicts := Rebase(base, c[0], c[1]); merged != ours || len(conflicts) > 0 {
				t.Fatalf("base %q, ours %q, theirs %q: %q, %v", base, c[0], c[1], merged, conflicts)
			}
		}
	})
}
