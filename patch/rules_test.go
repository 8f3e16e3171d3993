package patch

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A rule is one small case of what the engine does with one file a.
type rule struct {
	name   string
	before string
	hunks  string
	want   string // with says: nothing, for the patch is refused
	says   string // the error holds this
}

func checkRules(t *testing.T, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			got, err := files{"a": r.before}.apply(wrapped("*** Update File: a\n" + r.hunks))
			switch {
			case r.says != "" && (err == nil || !strings.Contains(err.Error(), r.says)):
				t.Errorf("got %q, %v, want an error that says %q", got["a"], err, r.says)
			case r.says == "" && err != nil:
				t.Error(err)
			case r.says == "" && got["a"] != r.want:
				t.Error(cmp.Diff(r.want, got["a"]))
			}
		})
	}
}

func TestHowFilesAreStored(t *testing.T) {
	checkRules(t, []rule{
		{name: "a mark in the patch matches none in the file", before: "x\ny\n", hunks: "@@\n \ufeffx\n-y\n+z\n", want: "x\nz\n"},
		{name: "a mark in a blank first line", before: "\ufeff\nx\ny\nz\n", hunks: "@@\n \ufeff\n x\n-y\n+Y\n \n z\n", want: "\ufeff\nx\nY\nz\n"},
		{name: "a mark is kept under a new first line", before: "\ufeffx\n", hunks: "@@\n-x\n+y\n", want: "\ufeffy\n"},
		{name: "a mark behind blanks goes when it is removed", before: "\ufeffx\n", hunks: "@@\n-  \ufeffx\n+y\n", want: "y\n"},
		{name: "a mark goes when it is removed", before: "\ufeffx\n", hunks: "@@\n-\ufeffx\n+y\n", want: "y\n"},
		{name: "a line that was the first takes no mark along", before: "\ufeffnew\nx\n", hunks: "@@\n-\ufeffx\n+\ufeffy\n", want: "\ufeffnew\ny\n"},
		{name: "mixed endings go by the line replaced", before: "a\r\nb\nc\r\n", hunks: "@@\n-a\n-b\n+A\n+B\n", want: "A\r\nB\nc\r\n"},
		{name: "an added line ends as its neighbours", before: "a\r\nb\r\nc\nd\n", hunks: "@@\n a\n+new\n b\n", want: "a\r\nnew\r\nb\r\nc\nd\n"},
		{name: "a lone CR is text", before: "1%\r2%\r\nx\n", hunks: "@@\n 1%\r2%\n-x\n+y\n", want: "1%\r2%\r\ny\n"},
		{name: "UTF-16, big end first", before: "\xfe\xff\x00a\x00\n\x00b\x00\n", hunks: "@@\n a\n-b\n+é\n", want: "\xfe\xff\x00a\x00\n\x00\xe9\x00\n"},
		{name: "bytes of no encoding stay", before: "\xe9t\xe9\nx\n", hunks: "@@\n-x\n+y\n", want: "\xe9t\xe9\ny\n"},
		{name: "text for Latin-1 is not written as UTF-8", before: "\xe9t\xe9\nx\n", hunks: "@@\n-x\n+Österreich\n", says: "is not UTF-8"},
		{name: "a broken byte does not make UTF-8 another encoding", before: "é\nü\n\xff\nx\n", hunks: "@@\n-x\n+ö\n", want: "é\nü\n\xff\nö\n"},
		{name: "NUL", before: "x\n", hunks: "@@\n-x\n+\x00\n", says: "NUL"},
		{name: "no final newline stays so", before: "a\nb", hunks: "@@\n-b\n+c\n", want: "a\nc"},
		{name: "a final newline is taken away", before: "a\n", hunks: "@@\n-a\n+a\n\\ No newline at end of file\n", want: "a"},
		{name: "a final newline is added", before: "a", hunks: "@@\n-a\n\\ No newline at end of file\n+a\n", want: "a\n"},
	})
}

func TestWhatIsForgiven(t *testing.T) {
	checkRules(t, []rule{
		{name: "a lost blank line", before: "a\n\nb\nc\n", hunks: "@@\n a\n b\n-c\n+d\n", want: "a\n\nb\nd\n"},
		{name: "an extra blank line", before: "a\nb\nc\n", hunks: "@@\n a\n \n b\n-c\n+d\n", want: "a\nb\nd\n"},
		{name: "a hunk shows what another makes", before: "a\nb\n", hunks: "@@\n-a\n+A\n@@\n A\n-b\n+B\n", want: "A\nB\n"},
		{name: "a hunk shows the depth that another gives", before: "a {\n  b\n}\nc {\n  d\n}\n", hunks: "@@\n a {\n-  b\n+\tb\n }\n@@\n a {\n \tb\n }\n c {\n-  d\n+\td\n }\n", want: "a {\n\tb\n}\nc {\n\td\n}\n"},
		{name: "hunks out of order", before: "a\nb\nc\nd\n", hunks: "@@\n-d\n+D\n@@\n-a\n+A\n", want: "A\nb\nc\nD\n"},
		{name: "outer context is out of date", before: "open\nfile\nread it\nclose\n", hunks: "@@\n opened earlier\n file\n-read it\n+write it\n close\n", want: "open\nfile\nwrite it\nclose\n"},
		{name: "removed lines are never out of date", before: "open\nfile\nread it\nclose\n", hunks: "@@\n file\n-read all\n+write it\n close\n", says: "hunk 1"},
		{name: "one shift of all lines re-indents", before: "\tif a {\n\t\tb()\n\t}\n", hunks: "@@\n if a {\n-\tb()\n+\tc()\n }\n", want: "\tif a {\n\t\tc()\n\t}\n"},
		{name: "spaces for tabs in all lines", before: "f {\n\ta\n}\n", hunks: "@@\n f {\n-    a\n+    if b {\n+        c\n+    }\n }\n", want: "f {\n\tif b {\n\t\tc\n\t}\n}\n"},
		{name: "additions are right where some context lost its depth", before: "\tf {\n\t\ta\n\t\tb\n\t}\n", hunks: "@@\n \tf {\n \ta\n+\t\tnew\n \tb\n", want: "\tf {\n\t\ta\n\t\tnew\n\t\tb\n\t}\n"},
		{name: "one depth lost in all lines", before: "f:\n\ta = 1\n\tb = 2\n\tc = 3\n", hunks: "@@\n a = 1\n-b = 2\n+b = 4\n c = 3\n", want: "f:\n\ta = 1\n\tb = 4\n\tc = 3\n"},
		{name: "typographic quotes", before: "say \u201chi\u201d\nx\n", hunks: "@@\n say \"hi\"\n-x\n+y\n", want: "say \u201chi\u201d\ny\n"},
		{name: "a header behind the hunk before", before: "f\n1\ng\n1\n", hunks: "@@ g\n-1\n+2\n@@ f\n-1\n+3\n", want: "f\n3\ng\n2\n"},
		{name: "additions go below their header", before: "f {\n}\ng {\n}\n", hunks: "@@ f {\n+x\n", want: "f {\nx\n}\ng {\n}\n"},
	})
}

func TestWhatIsRefused(t *testing.T) {
	twice := "def f():\n    return 1\n\ndef g():\n    return 1\n"
	checkRules(t, []rule{
		{name: "two places are named", before: twice, hunks: "@@\n-    return 1\n+    return 2\n", says: "lines 2, 5"},
		{name: "the nearest place is shown", before: "start\nlimit = 10\nstop\n", hunks: "@@\n start\n-limit = 11\n+limit = 12\n stop\n", says: "limit = 10"},
		{name: "an invented hunk", before: "start\n", hunks: "@@\n-nothing like this at all\n+x\n", says: "hunk 1 of a (patch line 4)"},
		{name: "an addition beside a lost blank line", before: "a\n\nb\nc\n", hunks: "@@\n a\n+new\n b\n c\n", says: "hunk 1"},
		{name: "the same line once, shown and removed", before: "a\nb\nx\nc\nd\n", hunks: "@@\n a\n b\n x\n-x\n c\n d\n", says: "hunk 1"},
		{name: "a depth in doubt", before: "go:\n  - 1\n\nscript:\n", hunks: "@@\n       - 1\n+\n+    git:\n+      depth: 3\n \n     script:\n", says: "hunk 1"},
		{name: "context alone says nothing of a whole hunk's depth", before: "  - a\n  - b\n", hunks: "@@\n - a\n+- c\n - b\n", says: "indented otherwise"},
		{name: "additions at the file's depth, in a hunk that has another", before: "\tif a {\n\t\tb()\n\t}\n", hunks: "@@\n if a {\n-\tb()\n+\t\tc()\n }\n", says: "indented otherwise"},
		{name: "spaces in a file of tabs, where context alone has them too", before: "\ta\n\tb\n", hunks: "@@\n     a\n+    c\n     b\n", says: "indented otherwise"},
		{name: "spaces for tabs, in a file that has both", before: "\tf(a,\n\t  b)\n  x\n", hunks: "@@\n-    f(a,\n-      b)\n+    g(a,\n+      b)\n   x\n", says: "indented otherwise"},
		{name: "additions as deep as a block that ends", before: "f:\n\t\ta\n\ng\n", hunks: "@@\n \t\t\ta\n \n+\t\th:\n+\t\t\tb\n+\n \tg\n", says: "indented otherwise"},
		{name: "an item's part at the depth of the items", before: "on:\n  - a\n  - b\n", hunks: "@@\n - a\n+  with: c\n - b\n", says: "indented otherwise"},
		{name: "a hunk without any depth, in comments", before: "#a:\n#  b\n  c\n", hunks: "@@\n-#a:\n-#  b\n+#a:\n+b\n c\n", says: "indented otherwise"},
		{name: "a block at the depth of the line that closes it", before: "  class A\n  end\n", hunks: "@@\n class A\n+  def b\n+  end\n end\n", says: "indented otherwise"},
		{name: "the end of a block at the depth of its lines", before: "s {\n  a\n\n  /// b\n}\n", hunks: "@@\n     a\n+  }\n \n+  /// c\n+  t {\n     /// b\n", says: "indented otherwise"},
		{name: "an addition below a blank line that is not there", before: "f {\n  a\n  b\n}\ng {\n\n  b\n}?\n}\n", hunks: "@@\n \n   b\n }\n+h\n", says: "hunk 1"},
		{name: "a hunk without any depth, line by line", before: "if a:\n    b\n    c\n", hunks: "@@\n-if a:\n-b\n+if d:\n+e\n c\n", says: "indented otherwise"},
		{name: "a hunk without any depth", before: "f:\n\ta\n\t\tb\n", hunks: "@@\n f:\n a\n+c\n b\n", says: "indented otherwise"},
		{name: "removed already, beside its like", before: "f(a)\ng()\nb\nx\nf(c)\ng()\nx\nd\n", hunks: "@@\n f(c)\n g()\n-b\n x\n d\n", says: "already has"},
		{name: "added already, where the context differs", before: "   }\n\n\n  new {\n  }\n\n  /* x\n", hunks: "@@\n    }\n \n+\n+  new {\n+  }\n+\n   /* x\n", says: "already has"},
		{name: "a deeper place, beside a stale one at the right depth", before: "img:\n  tag: 1\n  pull: no\n  # old\n  # b\nvol:\n  img:\n    tag: 1\n    pull: no\n    # a\n    # b\n", hunks: "@@\n   tag: 1\n-  pull: no\n+  pull: yes\n   # a\n   # b\n", says: "lines 8, 2"},
		{name: "a hunk without any depth, at a line without", before: "- a\n  b\nc\n", hunks: "@@\n-- a\n-b\n+- d\n c\n", says: "indented otherwise"},
		{name: "context that is all shifted, additions as deep as the file", before: "\ta\n\tb\n", hunks: "@@\n a\n+\tnew\n b\n", says: "indented otherwise"},
		{name: "the file has the new depth already", before: "  a\n  b\n", hunks: "@@\n-a\n-b\n+  a\n+  b\n", says: "already has"},
		{name: "a blank line is removed that the file lacks", before: "a\n\nb\n", hunks: "@@\n a\n \n-\n b\n", says: "hunk 1"},
		{name: "what comes nearest is in doubt", before: "}\n\n// s\nif p {\n\tmy_use {\n\t\tv\n\t}\n}\ncase:\n// s\nif p {\n\tuse {\n\t\tv\n\t}\n", hunks: "@@\n }\n \n // s\n-if p {\n+if q {\n \tuse {\n \t\tv\n \t}\n", says: "hunk 1"},
		{name: "stale context at another depth", before: "  a\n    b\n    c\nd\n", hunks: "@@\n   a\n   b\n-  c\n+  C\n e\n", says: "hunk 1"},
		{name: "a line that is there a hundred thousand times", before: strings.Repeat("\n", 100_000), hunks: "@@\n \n+x\n", says: "99990 more"},
		{name: "lines that another hunk makes, and that are there with other blank lines", before: "a\nold\n\nb\nend\n", hunks: "@@\n a\n-old\n+end\n@@\n end\n+new\n \n", says: "equally well at lines 2, 5"},
		{name: "a hunk that shows what a later one makes", before: "a\nB\nc\nd\n", hunks: "@@\n a\n-b\n+x\n c\n@@\n-B\n+b\n c\n d\n", says: "hunk 1"},
		{name: "added already above what was the first line", before: "\ufeffnew\n\nx\ny\n", hunks: "@@\n-\ufeffx\n+\ufeffnew\n+\n+x\n y\n", says: "already has"},
		{name: "blanks are removed that only another place has", before: "a\n\nb\nc\n\nx\n  \nb\nc\n", hunks: "@@\n a\n-  \n+\n b\n c\n", says: "already has"},
		{name: "additions below context of which two places have as much", before: "r = f(1)\ntest(r)\nend(r)\n\nr = f(2)\ntest(r)\nchanged end(r)\n", hunks: "@@\n r = f(2)\n test(r)\n end(r)\n+new\n", says: "lines 1, 5"},
		{name: "lines that another hunk adds, and that were elsewhere in part", before: "start\nend {\n  x(\n    b\n  stale)\n}\n", hunks: "@@\n start\n+f {\n+  x(\n+    b\n+  )\n+}\n@@\n     b\n   )\n }\n+new\n", says: "equally well at lines 4, 9"},
		{name: "trailing blanks at one place, no-break ones at another", before: "a\nb = c\n\nx\na\nb\u00a0= c\n", hunks: "@@\n a\n-b = c \n+d\n", says: "lines 1, 5"},
		{name: "additions that share no depth with what a shifted hunk removes", before: "a\n   b\n", hunks: "@@\n-  a\n-     b\n+        c\n+      d\n", says: "indented otherwise"},
		{name: "spaces for tabs, and additions of another depth", before: "f(a) {\n\tb\n\tc\n", hunks: "@@\n-f(a) {\n+f() {\n+        d\n     b\n     c\n", says: "indented otherwise"},
		{name: "an earlier place than the order says, where another hunk makes a later one", before: "a\n\nb\nc\na\nb\n", hunks: "@@\n c\n a\n+\n b\n@@\n a\n \n b\n+new\n", says: "lines 1, 6"},
		{name: "two hunks change one line", before: "a\nb\nc\n", hunks: "@@\n a\n-b\n+1\n@@\n-b\n+2\n c\n", says: "another hunk changes too"},
	})
}

// Codex takes the first of two places, and so does the engine if asked to.
func TestFirstMatchTakesTheFirst(t *testing.T) {
	p, err := Parse(wrapped("*** Update File: a\n@@\n-x\n+y\n"))
	if err != nil {
		t.Fatal(err)
	}
	changes, err := p.Apply(files{"a": "x\nx\n"}, FirstMatch)
	if err != nil || len(changes) != 1 || changes[0].After != "y\nx\n" {
		t.Errorf("got %+v, %v", changes, err)
	}
}

func TestAddOntoAFileSaysWhatItOverwrites(t *testing.T) {
	p, err := Parse(wrapped("*** Add File: a\n+new\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Apply(files{"a": "old\n"})
	want := []Change{{Op: Add, Path: "a", Before: "old\n", After: "new\n", Overwrites: &File{Text: "old\n"}}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got))
	}
}

func TestParseErrorsSayWhereAndWhat(t *testing.T) {
	for _, c := range []struct {
		text string
		want ParseError
	}{
		{"*** Begin Patch\n*** Update File: a\n@@\n-x\n\x00\n*** End Patch\n", ParseError{5, "a NUL byte, which no text holds", "text; a binary file cannot be patched"}},
		{"*** Begin Patch\n*** End Patch\n", ParseError{2, "the patch is empty", expectedSection}},
		{"*** Begin Patch\n\nhello\n*** End Patch\n", ParseError{3, `"hello" is not the header of a section`, expectedSection}},
	} {
		_, err := Parse(c.text)
		if got, is := err.(*ParseError); !is || *got != c.want {
			t.Errorf("%q: got %#v, want %#v", c.text, err, c.want)
		}
	}
}
