package exec

import "testing"

const (
	body = "*** Begin Patch\n*** Add File: a $x `y` \\z\n+\tone\n+\n*** End Patch\n"
	doc  = "<<'EOF'\n" + body + "EOF"
)

var heredocs = []struct {
	name, script string
	want         Patch
	is           bool
}{
	{"quoted", "apply_patch " + doc, Patch{Text: body}, true},
	{"final newline", "apply_patch " + doc + "\n\n", Patch{Text: body}, true},
	{"double quotes", "apply_patch <<\"END\"\n" + body + "END\n", Patch{Text: body}, true},
	{"no quotes: as written", "apply_patch <<EOF\n" + body + "EOF\n", Patch{Text: body}, true},
	{"other name", "applypatch " + doc, Patch{Text: body}, true},
	{"space before the delimiter", "apply_patch << 'EOF'\n" + body + "EOF\n", Patch{Text: body}, true},
	{"leading newline and comment", "\n# the patch\napply_patch " + doc, Patch{Text: body}, true},
	{"indented", "apply_patch <<-'EOF'\n\t*** Begin Patch\n\t*** Delete File: a\n\t*** End Patch\n\tEOF\n",
		Patch{Text: "*** Begin Patch\n*** Delete File: a\n*** End Patch\n"}, true},
	{"carriage returns", "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: a\n+x\r\n*** End Patch\nEOF\n",
		Patch{Text: "*** Begin Patch\n*** Add File: a\n+x\r\n*** End Patch\n"}, true},
	{"in a folder", "cd sub/dir && apply_patch " + doc, Patch{Text: body, Dir: "sub/dir"}, true},
	{"in a quoted folder", "cd 'my dir' && apply_patch " + doc, Patch{Text: body, Dir: "my dir"}, true},
	{"in an escaped folder", `cd "/a b"/c\ d && apply_patch ` + doc, Patch{Text: body, Dir: "/a b/c d"}, true},
	{"folder on its own line", "cd sub &&\n  apply_patch " + doc, Patch{Text: body, Dir: "sub"}, true},
	{"argument", "apply_patch '" + body + "'", Patch{Text: body}, true},
	{"argument in double quotes", "apply_patch \"*** Begin Patch\n*** Delete File: \\\"a\\\"\n*** End Patch\"",
		Patch{Text: "*** Begin Patch\n*** Delete File: \"a\"\n*** End Patch"}, true},
	{"argument in a folder", "cd sub && apply_patch '" + body + "'", Patch{Text: body, Dir: "sub"}, true},
	{"bare", body, Patch{Text: body}, true},
	{"bare with space around", "\n  " + body + "\n\n", Patch{Text: body}, true},
	{"not a patch: for the parser to say", "apply_patch <<EOF\nhello\nEOF\n", Patch{Text: "hello\n"}, true},
	{"empty", "apply_patch <<EOF\nEOF\n", Patch{}, true},

	{name: "nothing", script: ""},
	{name: "other command", script: "cat " + doc},
	{name: "only the name", script: "apply_patch"},
	{name: "a file", script: "apply_patch fix.patch"},
	{name: "two arguments", script: "apply_patch '" + body + "' --check"},
	{name: "argument with a variable", script: "apply_patch \"*** Begin Patch\n$x\""},
	{name: "argument and heredoc", script: "apply_patch '" + body + "' " + doc},
	{name: "here string", script: "apply_patch <<<'" + body + "'"},
	{name: "other descriptor", script: "apply_patch 3" + doc},
	{name: "more after it", script: "apply_patch " + doc + "\nrm -rf /\n"},
	{name: "more on its line", script: "apply_patch <<'EOF'; rm -rf /\n" + body + "EOF\n"},
	{name: "more before it", script: "touch a; apply_patch " + doc},
	{name: "a pipe", script: "apply_patch <<'EOF' | tee log\n" + body + "EOF\n"},
	{name: "another redirection", script: "apply_patch <<'EOF' >log\n" + body + "EOF\n"},
	{name: "background", script: "apply_patch <<'EOF' &\n" + body + "EOF\n"},
	{name: "negated", script: "! apply_patch " + doc},
	{name: "assignment", script: "A=1 apply_patch " + doc},
	{name: "or instead of and", script: "cd sub || apply_patch " + doc},
	{name: "another command before and", script: "test -d sub && apply_patch " + doc},
	{name: "two folders", script: "cd a && cd b && apply_patch " + doc},
	{name: "folder with a variable", script: "cd $HOME && apply_patch " + doc},
	{name: "folder with a command", script: "cd \"$(rm -rf /)\" && apply_patch " + doc},
	{name: "home folder", script: "cd ~ && apply_patch " + doc},
	{name: "folder before", script: "cd - && apply_patch " + doc},
	{name: "folder by pattern", script: "cd src* && apply_patch " + doc},
	{name: "no folder", script: "cd && apply_patch " + doc},
	{name: "the cd redirects", script: "cd sub >log && apply_patch " + doc},
	{name: "in a subshell", script: "(apply_patch <<'EOF'\n" + body + "EOF\n)"},
	{name: "name by variable", script: "$apply_patch " + doc},
	{name: "no end", script: "apply_patch <<'EOF'\n" + body},
	{name: "no shell script", script: "apply_patch ((("},
}

func TestHeredoc(t *testing.T) {
	for _, tc := range heredocs {
		t.Run(tc.name, func(t *testing.T) {
			got, is := Heredoc(tc.script)
			if got != tc.want || is != tc.is {
				t.Errorf("script %q\ngot  %q, %v\nwant %q, %v", tc.script, got, is, tc.want, tc.is)
			}
		})
	}
}

func FuzzHeredoc(f *testing.F) {
	f.Add("cd a && apply_patch <<-'EOF'\n\t*** Begin Patch\n\tEOF\n")
	f.Add("apply_patch \"*** Begin Patch\\$x\"")
	f.Fuzz(func(t *testing.T, script string) {
		if p, is := Heredoc(script); !is && p != (Patch{}) {
			t.Errorf("%q is no patch, and %q came with it", script, p)
		}
	})
}
