package lsp

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

// Hover tells of a line that the agent wrote: for which prompt, when, and who
// allowed it; and of a question that waits in a chat, which rule decided that it
// is asked, and why.
func (s *server) Hover(ctx context.Context, p *protocol.HoverParams) (*protocol.Hover, error) {
	doc := viewOf(ctx)[keyOf(p.TextDocument.URI)]
	if doc == nil || doc.path == "" {
		return nil, nil
	}
	if isChat(doc.path) {
		if q, ok := s.questionsIn(doc)[p.Position.Line]; ok {
			return &protocol.Hover{Contents: s.markup(questionText(q))}, nil
		}
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

// questionText is all there is to know before a question is answered. What is
// asked about is set in, and what anybody else has written is code, so that
// nothing of it can pass for ours, or be a link or an image.
func questionText(q agent.Question) string {
	parts := []string{codeSpan(titleOf(q))}
	if detail := strings.TrimRight(visibleText(q.Detail), "\n"); detail != "" {
		parts = append(parts, "    "+strings.ReplaceAll(detail, "\n", "\n    "))
	}
	say := func(what, text string) {
		if text != "" {
			parts = append(parts, what+": "+codeSpan(strings.Join(strings.Fields(visibleText(text)), " ")))
		}
	}
	say("In", q.Cwd)
	say("Codex says", q.Reason)
	say("Policy", q.Policy)
	say("Rule", q.Rule)
	say("Undo", q.Undo)
	if rules, note := q.Always(); rules != "" {
		say("Always would write", rules)
		say("That is", note)
	}
	return strings.Join(parts, "\n\n")
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
