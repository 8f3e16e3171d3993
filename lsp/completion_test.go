package lsp

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/lsp/lsptest"
)

func TestCompletion(t *testing.T) {
	for _, encoding := range []string{"utf-8", "utf-16"} {
		p := lsptest.Plain
		p.Encoding = encoding
		b := newBench(t, p, map[string]string{"calc.go": "", "Calc_test.go": "", "readme.md": ""})
		for _, dir := range []string{"sub", ".git", "node_modules"} {
			if err := os.Mkdir(b.path(dir), 0o755); err != nil {
				t.Fatal(err)
			}
			b.write(dir+"/calc.go", "")
		}
		for _, c := range []struct {
			name, line string
			want       []string // new texts
		}{
			{"part of a name", "ä😀 see @cal", []string{"@Calc_test.go", "@calc.go", "@sub/calc.go"}},
			{"part of a folder", "(@sub/", []string{"@sub/calc.go"}},
			{"nothing yet", "@", []string{"@Calc_test.go", "@calc.go", "@readme.md", "@sub/calc.go"}},
			{"no such file", "@zzz", nil},
			{"an address", "me@calc", nil},
			{"line numbers", "@calc.go:3", nil},
			{"no reference", "calc", nil},
		} {
			path := b.path("x.codex.md")
			text := "## You\n\n" + c.line
			b.OpenText(path, text)
			character := len(c.line)
			if encoding == "utf-16" && c.line[0] > 0x7f {
				character -= 3 // ä is one unit, the emoji two
			}
			var list struct {
				Items []struct {
					TextEdit struct {
						Range   struct{ Start, End struct{ Line, Character int } }
						NewText string
					}
				}
			}
			if err := b.Call("textDocument/completion", map[string]any{
				"textDocument": map[string]any{"uri": string(uriOf(path))}, "position": map[string]any{"line": 2, "character": character},
			}, &list); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, it := range list.Items {
				got = append(got, it.TextEdit.NewText)
				if r := it.TextEdit.Range; r.End.Character != character || r.Start.Character != character-len(c.line[indexAt(c.line):]) {
					t.Errorf("%s: %s replaces %+v", c.name, it.TextEdit.NewText, r)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", encoding, c.name, diff)
			}
			b.Close(path)
		}
	}
}

// indexAt is where the reference of a line begins.
func indexAt(line string) int {
	for i := len(line) - 1; ; i-- {
		if line[i] == '@' {
			return i
		}
	}
}

// TestNamedCompletion: skills after a dollar, prompts and commands at a line's
// start.
func TestNamedCompletion(t *testing.T) {
	b := newBench(t, lsptest.Plain, map[string]string{"readme.md": ""})
	for _, dir := range []string{".agents/skills/release", ".agents/skills/review"} {
		if err := os.MkdirAll(b.path(dir), 0o755); err != nil {
			t.Fatal(err)
		}
		b.write(dir+"/SKILL.md", "---\nname: "+filepath.Base(dir)+"\ndescription: How.\n---\n")
	}
	for line, want := range map[string][]string{
		"do a $rel": {"$release"}, "($": {"$release", "$review"}, "/com": {"/compact"}, "see /com": nil, "cost$rel": nil, "rel": nil,
	} {
		path := b.path("x.codex.md")
		b.OpenText(path, "## You\n\n"+line)
		var list struct {
			Items []struct{ TextEdit struct{ NewText string } }
		}
		if err := b.Call("textDocument/completion", map[string]any{
			"textDocument": map[string]any{"uri": string(uriOf(path))}, "position": map[string]any{"line": 2, "character": len(line)},
		}, &list); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, it := range list.Items {
			got = append(got, it.TextEdit.NewText)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
		b.Close(path)
	}
}
