package lsp

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// markPlace shows where the answer of a page grows.
func markPlace(p page) string {
	if p.at < 0 {
		return p.text
	}
	return p.text[:p.at] + "‸" + p.text[p.at:]
}

func TestPage(t *testing.T) {
	for _, c := range []struct {
		name, before string
		do           stroke
		want         string
	}{
		{"first prompt is sent", "## You\n\nhi\n", func(p *page) { p.open("hi") },
			"## You\n\nhi\n\n## Codex\n\n‸\n\n## You\n\n"},
		{"a document without headings is one prompt", "do it", func(p *page) { p.open("do it") },
			"do it\n\n## Codex\n\n‸\n\n## You\n\n"},
		{"what was typed since goes with the next prompt", "## You\n\nhi\n\nand also", func(p *page) { p.open("hi") },
			"## You\n\nhi\n\n## Codex\n\n‸\n\n## You\n\nand also"},
		{"prompt changed while it was sent", "## You\n\nhi there", func(p *page) { p.open("hello") },
			"## You\n\nhi there\n\n## Codex\n\n‸\n\n## You\n\n"},
		{"heading deleted while it was sent", "## Codex\n\nold\n", func(p *page) { p.open("hello") },
			"## Codex\n\nold\n\n## Codex\n\n‸\n\n## You\n\n"},
		{"answer begins", "## Codex\n\n‸\n\n## You\n\nnext", func(p *page) { p.block("yes") },
			"## Codex\n\nyes‸\n\n## You\n\nnext"},
		{"paragraph follows", "## Codex\n\nyes‸\n\n## You\n", func(p *page) { p.block("> ran `ls` (exit 0)") },
			"## Codex\n\nyes\n\n> ran `ls` (exit 0)‸\n\n## You\n"},
		{"paragraph follows a line", "## Codex\n\nyes\n‸\n\n## You\n", func(p *page) { p.block("no") },
			"## Codex\n\nyes\n\nno‸\n\n## You\n"},
		{"prompt from elsewhere, before the draft", "# Title\n\n## You\n\ndraft", func(p *page) { p.quote("other") },
			"# Title\n\n## You\n\nother\n\n## Codex\n\n‸\n\n## You\n\ndraft"},
		{"prompt from elsewhere, into nothing", "", func(p *page) { p.quote("other") },
			"## You\n\nother\n\n## Codex\n\n‸\n\n## You\n\n"},
		{"prompt from elsewhere, after an answer", "## Codex\n\nyes‸\n\n## You\n\n", func(p *page) { p.quote("## You") },
			"## Codex\n\nyes\n\n## You\n\n\\## You\n\n## Codex\n\n‸\n\n## You\n\n"},
		{"answer without a prompt", "notes\n\n## You\n\n", func(p *page) { p.block("late") },
			"notes\n\n## Codex\n\nlate‸\n\n## You\n\n"},
		{"line struck", "## Codex\n\nyes\n\n> wait‸\n\n## You\n\n", func(p *page) { p.strike("> wait") },
			"## Codex\n\nyes‸\n\n## You\n\n"},
		{"first line struck", "## Codex\n\n> wait‸\n\n## You\n\n", func(p *page) { p.strike("> wait"); p.block("> ran") },
			"## Codex\n\n> ran‸\n\n## You\n\n"},
		{"line before struck", "## Codex\n\n> wait\n\nyes‸\n\n## You\n\n", func(p *page) { p.strike("> wait") },
			"## Codex\n\nyes‸\n\n## You\n\n"},
		{"the later of two alike is struck", "> wait\n\n> wait‸", func(p *page) { p.strike("> wait") }, "> wait‸"},
		{"line struck by the user", "## Codex\n\nyes‸", func(p *page) { p.strike("> wait") }, "## Codex\n\nyes‸"},
		{"place for the next prompt is there", "## Codex\n\nyes‸\n\n## You\n\nnext", (*page).next, "## Codex\n\nyes‸\n\n## You\n\nnext"},
		{"place for the next prompt was deleted", "## Codex\n\nyes‸\n\nnext", (*page).next, "## Codex\n\nyes‸\n\n## You\n\nnext"},
		{"draft", "## You\n\n", func(p *page) { p.draft("In @a.go:7 ") }, "## You\n\nIn @a.go:7 "},
		{"draft to what is written", "## You\n\nfirst\n", func(p *page) { p.draft("then") }, "## You\n\nfirst\nthen"},
		{"draft after an answer", "## Codex\n\nyes‸\n", func(p *page) { p.draft("then") }, "## Codex\n\nyes‸\n\n## You\n\nthen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := page{text: strings.Replace(c.before, "‸", "", 1), at: strings.Index(c.before, "‸")}
			c.do(&p)
			if got := markPlace(p); got != c.want {
				t.Errorf("got\n%s\n\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestPrompt(t *testing.T) {
	for _, c := range []struct{ document, want string }{
		{"", ""},
		{"fix it\n", "fix it"},
		{"## You\n\n\n", ""},
		{"## You\n\na\n\n## Codex\n\nb\n\n## You\n\nc\nd\n", "c\nd"},
		{"## You\n\na\n\n## Codex\n\nb\n", ""},
		{"## You \r\n\r\na\r\nb\r\n", "a\nb"},
		{"## Your turn\n\nx\n", "## Your turn\n\nx"},
	} {
		if got := (page{at: -1}).over(c.document).prompt(); got != c.want {
			t.Errorf("prompt of %q is %q, want %q", c.document, got, c.want)
		}
	}
}

// TestPageFollowsTheUser makes an answer grow while the user edits all around
// it. Both must come out whole: the answer in one piece, and what the user
// typed, in order.
func TestPageFollowsTheUser(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		eol := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "eol")
		user := page{at: -1}.over(strings.ReplaceAll("notes above\n\n## You\n\nplease\n", "\n", eol))
		p := user
		p.open("please")
		document := p.document()
		var answer, above, below strings.Builder
		for i := range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"answer", "above", "below"}).Draw(t, "who") {
			case "answer":
				piece := fmt.Sprintf("a%d%s", i, rapid.SampledFrom([]string{" ", "\n", "\n\n"}).Draw(t, "end"))
				p = p.over(document)
				p.insert(piece)
				document = p.document()
				answer.WriteString(piece)
			case "above":
				key := fmt.Sprintf("u%d ", i)
				document = strings.Replace(document, "notes above", key+"notes above", 1)
				above.WriteString(key)
			case "below":
				key := fmt.Sprintf("d%d ", i)
				document += key
				below.WriteString(key)
			}
		}
		if got := strings.Count(document, "\r\n"); eol == "\r\n" && got != strings.Count(document, "\n") {
			t.Fatalf("mixed line endings: %q", document)
		}
		got := strings.ReplaceAll(document, "\r\n", "\n")
		var before string
		for _, key := range strings.Fields(above.String()) {
			before = before + key + " "
		}
		want := before + "notes above\n\n## You\n\nplease\n\n## Codex\n\n" + answer.String() + "\n\n## You\n\n" + below.String()
		if got != want {
			t.Fatalf("got  %q\nwant %q", got, want)
		}
	})
}
