package policy

import (
	"strings"
	"testing"
)

func TestCommands(t *testing.T) {
	tests := []struct {
		script string
		plain  bool
		want   string // one command for each line; … for words that are not known,
		// > for one that another starts
	}{
		{"ls -la", true, "ls -la"},
		{"git add 'a b' && git commit -m \"x y\" | cat; ls", true, "git add a b\ngit commit -m x y\ncat\nls"},
		{"ls src/*.go", true, "ls src/*.go"},
		{"ls *.go", false, "ls *.go"},
		{"ls > out", false, "ls"},
		{"ls $DIR", false, "ls …"},
		{"$X -f", false, "…"},
		{"git $X", false, "git …"},
		{"A=1 ls", false, "ls"},
		{"ls &", false, "ls"},
		{"! ls", false, "ls"},
		{"(ls)", false, "ls"},
		{"sudo rm -r a", true, "sudo rm -r a\n> rm -r a"},
		{"bash -c 'git push'", true, "bash -c git push\n> git push"},
		{"echo $(git push)", false, "echo …\ngit push"},
		{"git pu\\sh", false, "git push"},
		{"git -C . push x", true, "git -C . push x\n> git push x"},
		{"ls; (", false, "…"},
		{"", false, ""},
	}
	for _, tt := range tests {
		all, plain := Commands(tt.script)
		var got []string
		for _, c := range all {
			words := c.Words
			if !c.All {
				words = append(words, "…")
			}
			if c.Inner {
				words = append([]string{">"}, words...)
			}
			got = append(got, strings.Join(words, " "))
		}
		if text := strings.Join(got, "\n"); text != tt.want || plain != tt.plain {
			t.Errorf("%s: %q, plain %v; want %q, %v", tt.script, text, plain, tt.want, tt.plain)
		}
	}
}
