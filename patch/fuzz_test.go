package patch

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

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
		p, err := Parse(wrapped("*** Update File: a\n@@\n" + hunk))
		if err != nil {
			if parse := new(ParseError); !errors.As(err, &parse) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		tree := files{"a": file, "b": "b\n"}
		changes, err := p.Apply(tree)
		again, errAgain := p.Apply(tree)
		if !reflect.DeepEqual(changes, again) || (err == nil) != (errAgain == nil) {
			t.Fatalf("once %v %v, then %v %v", changes, err, again, errAgain)
		}
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Fatal("an error without words")
		}
		for _, c := range changes {
			if c.Op != Update || c.Path != "a" {
				continue
			}
			if c.Before != file {
				t.Fatalf("made of %q, not of %q", c.Before, file)
			}
			if got := ApplyEdits(c.Before, Edits(c.Before, c.After)); got != c.After {
				t.Fatalf("edits lead to %q, not to %q", got, c.After)
			}
			if diff := Unified(c); (diff == "") != (c.Before == c.After) {
				t.Fatalf("%q becomes %q, shown as %q", c.Before, c.After, diff)
			}
		}
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
