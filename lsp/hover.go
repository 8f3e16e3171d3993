package lsp

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.lsp.dev/protocol"
)

// Hover tells of a line that the agent wrote: for which prompt, when, and who
// allowed it.
func (s *server) Hover(ctx context.Context, p *protocol.HoverParams) (*protocol.Hover, error) {
	doc := viewOf(ctx)[keyOf(p.TextDocument.URI)]
	if doc == nil || doc.path == "" || isChat(doc.path) {
		return nil, nil
	}
	line := int(p.Position.Line)
	for _, t := range s.threads.all() {
		o, ok := t.Origin(doc.path, doc.text.String(), line)
		if !ok {
			continue
		}
		allowed := "allowed by the settings"
		if o.By == "user" {
			allowed = "approved by you"
		}
		text := fmt.Sprintf("Codex wrote this %s, %s, for:\n\n%s", when(o.Time, time.Now()), allowed, blockquote(o.Prompt))
		return &protocol.Hover{Contents: s.markup(text)}, nil
	}
	return nil, nil
}

// when says when something was, as people do.
func when(then, now time.Time) string {
	then = then.Local()
	if y, m, d := then.Date(); now.Year() == y && now.Month() == m && now.Day() == d {
		return then.Format("today at 15:04")
	}
	return then.Format("on 2 January 2006 at 15:04")
}

// maxQuote is how much of a prompt a hover shows, in characters.
const maxQuote = 400

// blockquote is a text as a Markdown quotation.
func blockquote(text string) string {
	text = shortened(strings.TrimSpace(text), maxQuote)
	return "> " + strings.ReplaceAll(text, "\n", "\n> ")
}

// markup is a text in the form that the client knows for hovers.
func (s *server) markup(text string) *protocol.MarkupContent {
	kind := protocol.MarkupKindPlainText
	if t := s.caps.TextDocument; t != nil && t.Hover != nil {
		for _, k := range t.Hover.ContentFormat {
			if k == protocol.MarkupKindMarkdown {
				kind = k
			}
		}
	}
	return &protocol.MarkupContent{Kind: kind, Value: text}
}
