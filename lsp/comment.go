package lsp

import (
	"regexp"
	"strings"
	"sync"

	"go.lsp.dev/protocol"
)

// codexComment matches a line with a comment that says "codex:" and what to
// do. Any comment sign will do, and code may stand before it.
var codexComment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|\s|[;{}(),])(?://+|/\*+|\*|#+|--+|<!--|\{-|\(\*|;+|%+|"+|'+|!|REM )[!/*]*\s*codex:\s*(\S.*)$`)
})

// commentEnds are what closes a comment on its own line.
var commentEnds = []string{"*/", "-->", "-}", "*)", `"""`, "'''", "#}", "%>"}

// instruction is what a line's codex: comment asks for, "" if there is none.
func instruction(line string) string {
	if !strings.Contains(strings.ToLower(line), "codex:") { // most lines: and matching is slow
		return ""
	}
	m := codexComment().FindStringSubmatch(strings.TrimRight(line, "\r\n"))
	if m == nil {
		return ""
	}
	text := strings.TrimSpace(m[1])
	for _, end := range commentEnds {
		text = strings.TrimSpace(strings.TrimSuffix(text, end))
	}
	return text
}

// commentOffers are for the codex: comments in a range.
func commentOffers(doc *document, r protocol.Range) []offer {
	first, _, text := doc.text.lines(r)
	var offers []offer
	line := uint32(first - 1)
	for s := range strings.SplitSeq(text, "\n") {
		if do := instruction(s); do != "" {
			offers = append(offers, commentOffer(doc, line, do))
		}
		line++
	}
	return offers
}

func commentOffer(doc *document, line uint32, do string) offer {
	at := protocol.Range{Start: protocol.Position{Line: line}, End: protocol.Position{Line: line, Character: ^uint32(0) >> 1}}
	return offer{
		kind: protocol.CodeActionKindQuickFix, title: "Codex: " + do, command: "ask",
		argument: askAbout(doc, at, "Do what the comment on this line asks, right where it stands, and remove the comment:\n\n"+do),
	}
}
