package exec

import (
	"strings"
	"testing"
	"unicode"
)

func TestDescribe(t *testing.T) {
	long := strings.Repeat("a", 170)
	for _, tc := range []struct{ name, script, want string }{
		{"one line", "go test ./...", "go test ./..."},
		{"space around", "  ls -l \n\n", "ls -l"},
		{"two lines", "ls\nrm -rf x", "ls … (+1 line)"},
		{"many lines", "cat <<EOF\n" + strings.Repeat("x\n", 11) + "EOF\n", "cat <<EOF … (+12 lines)"},
		{"blank lines and comments first", "\n# list the files\n\nrm -rf x\nls\n", "rm -rf x … (+4 lines)"},
		{"only a comment", "# nothing", "# nothing"},
		{"a long line", long, long[:160] + " … (+10 characters)"},
		{"long lines", long + "\nls", long[:160] + " … (+10 characters, +1 line)"},
		{"empty", "", ""},
		{"escape codes", "ls \x1b[2K\x1b[1Aecho", "ls <U+001B>[2K<U+001B>[1Aecho"},
		{"carriage return", "rm -rf x\rls", `rm -rf x\rls`},
		{"tab", "a\tb", `a\tb`},
		{"text that turns", "ls \u202egpj.sh\u202c", "ls <U+202E>gpj.sh<U+202C>"},
		{"isolates", "a\u2066b\u2069", "a<U+2066>b<U+2069>"},
		{"without width", "r\u200bm\ufeff", "r<U+200B>m<U+FEFF>"},
		{"spaces that are none", "rm\u00a0x\u3000y", "rm<U+00A0>x<U+3000>y"},
		{"line separator", "ls\u2028rm x", "ls<U+2028>rm x"},
		{"letters without shape", "a\u3164b\u2800c\ufe0fd", "a<U+3164>b<U+2800>c<U+FE0F>d"},
		{"tags", "ls \U000e0041", "ls <U+E0041>"},
		{"invalid bytes", "ls \xff\xfe", `ls \xff\xfe`},
		{"the replacement character itself", "ls \ufffd", "ls \ufffd"},
		{"other scripts", "echo 'grüße, 世界, שלום'", "echo 'grüße, 世界, שלום'"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Describe(tc.script); got != tc.want {
				t.Errorf("script %q\ngot  %q\nwant %q", tc.script, got, tc.want)
			}
		})
	}
}

func TestVisibleKeepsLines(t *testing.T) {
	got := Visible("ls\n\u202erm x\r\n\tz")
	if want := "ls\n<U+202E>rm x\\r\n\\tz"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzDescribe(f *testing.F) {
	f.Add("ls\u202e\x1b")
	f.Fuzz(func(t *testing.T, script string) {
		got := Describe(script)
		for _, r := range got {
			if !unicode.IsPrint(r) || unicode.Is(blank, r) {
				t.Errorf("script %q: %q shows %U as it is", script, got, r)
			}
		}
	})
}
