package lsp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

// codexKind is the kind of the actions that no standard kind fits.
const codexKind = protocol.CodeActionKind("codex")

// codeActionKinds are the kinds of code actions that are offered.
var codeActionKinds = []protocol.CodeActionKind{
	protocol.CodeActionKindQuickFix, protocol.CodeActionKindRefactorRewrite, codexKind,
}

const (
	maxActionTitle   = 70 // characters of a title; more does not fit a menu
	maxFixes         = 5  // diagnostics with an action of their own
	maxOpenQuestions = 3  // approvals offered in every document
)

// An offer is a code action before it is put into the client's form. Each is a
// command with all its arguments, so that it runs in an editor that knows
// nothing of us.
type offer struct {
	kind        protocol.CodeActionKind
	title       string
	command     string
	argument    any
	diagnostics []protocol.Diagnostic
}

// CodeAction offers what the agent can do at a place.
func (s *server) CodeAction(ctx context.Context, p *protocol.CodeActionParams) ([]protocol.CommandOrCodeAction, error) {
	doc := viewOf(ctx)[keyOf(p.TextDocument.URI)]
	if doc == nil {
		return []protocol.CommandOrCodeAction{}, nil
	}
	var offers []offer
	if isChat(doc.path) {
		offers = append(offers, s.chatOffers(doc, p.Range)...)
	} else {
		offers = append(offers, s.approvalOffers(doc)...)
		offers = append(offers, s.reviewOffers(doc, p.Range)...)
		offers = append(offers, s.undoOffers(doc, p.Range)...)
		offers = append(offers, commentOffers(doc, p.Range)...)
		offers = append(offers, fixOffers(doc, p.Context.Diagnostics)...)
		if !isEmpty(p.Range) || p.Context.TriggerKind != protocol.CodeActionTriggerKindAutomatic {
			offers = append(offers, s.selectionOffers(doc, p.Range)...)
		}
	}
	list := []protocol.CommandOrCodeAction{}
	for _, o := range offers {
		if wanted(o.kind, p.Context.Only) {
			list = append(list, s.action(o))
		}
	}
	return list, nil
}

func isEmpty(r protocol.Range) bool { return r.Start == r.End }

// wanted tells whether a kind is one of those asked for, or below one.
func wanted(kind protocol.CodeActionKind, only []protocol.CodeActionKind) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(k protocol.CodeActionKind) bool {
		return k == "" || kind == k || strings.HasPrefix(string(kind), string(k)+".")
	})
}

// action puts an offer into a form that the client knows.
func (s *server) action(o offer) protocol.CommandOrCodeAction {
	title := shortened(o.title, maxActionTitle)
	cmd := s.command(title, o.command, o.argument)
	if !s.takesCodeActions() {
		return &cmd
	}
	return &protocol.CodeAction{Title: title, Kind: &o.kind, Diagnostics: o.diagnostics, Command: cmd}
}

// fixOffers are for the diagnostics at the place.
func fixOffers(doc *document, found []protocol.Diagnostic) []offer {
	var offers []offer
	found = slices.DeleteFunc(slices.Clone(found), func(d protocol.Diagnostic) bool { // marks are no problem
		source, _ := d.Source.Get()
		return source == markSource
	})
	for _, d := range found[:min(len(found), maxFixes)] {
		message := diagnosticText(d)
		offers = append(offers, offer{
			kind: protocol.CodeActionKindQuickFix, title: "Codex: fix: " + firstLine(message), command: "ask",
			argument:    askAbout(doc, d.Range, "Fix this problem, reported"+sourceOf(d)+" at the place given:\n\n"+message),
			diagnostics: []protocol.Diagnostic{d},
		})
	}
	return offers
}

func diagnosticText(d protocol.Diagnostic) string {
	switch m := d.Message.(type) {
	case protocol.String:
		return string(m)
	case *protocol.MarkupContent:
		return m.Value
	}
	return "a problem without a message"
}

func sourceOf(d protocol.Diagnostic) string {
	source, _ := d.Source.Get()
	if source == "" {
		return ""
	}
	return " by " + source
}

// An askArgument is the argument of codex.ask as actions write it.
type askArgument struct {
	Prompt       string          `json:"prompt,omitempty"`
	TextDocument *documentID     `json:"textDocument,omitempty"`
	Range        *protocol.Range `json:"range,omitempty"`
	Chat         bool            `json:"chat,omitempty"`
}

type documentID struct {
	URI string `json:"uri"`
}

func askAbout(doc *document, r protocol.Range, prompt string) askArgument {
	return askArgument{Prompt: prompt, TextDocument: &documentID{string(doc.uri)}, Range: &r}
}

// selectionOffers are what can be done with any code.
func (s *server) selectionOffers(doc *document, r protocol.Range) []offer {
	what := "the selection"
	if isEmpty(r) {
		what = "this"
	}
	first, last, _ := doc.text.lines(r)
	explain := askAbout(doc, r, "Explain this code: what it does, how, and what to watch out for. Change nothing.")
	explain.Chat = true
	offers := []offer{
		{kind: codexKind, title: "Codex: explain " + what, command: "ask", argument: explain},
		{kind: protocol.CodeActionKindRefactorRewrite, title: "Codex: write tests for " + what, command: "ask",
			argument: askAbout(doc, r, "Write tests for this code, in the way and the place that this project has its tests. Run them.")},
		{kind: protocol.CodeActionKindRefactorRewrite, title: "Codex: document " + what, command: "ask",
			argument: askAbout(doc, r, "Document this code, in the way this project does: what a caller must know, and why what is surprising is as it is. Change nothing but comments.")},
	}
	if doc.path == "" {
		return offers
	}
	cwd := s.folderOf(doc.path)
	return append(offers, offer{kind: protocol.CodeActionKindRefactorRewrite, title: "Codex: edit " + what + "…", command: "openChat",
		argument: openArgument{Cwd: cwd, Draft: "In " + refer(cwd, doc.path, first, last) + " "}})
}

// An openArgument is the argument of codex.openChat as actions write it.
type openArgument struct {
	Cwd   string `json:"cwd"`
	Draft string `json:"draft"`
}

// approvalOffers are for the questions that wait: those about the document
// first, then those of the threads about a folder that it is in.
func (s *server) approvalOffers(doc *document) []offer {
	var about, others []agent.Question
	for _, t := range s.threads.all() {
		for _, q := range s.agent.Ledger().Pending(t.ID()) {
			switch {
			case slices.Contains(q.Files, doc.path):
				about = append(about, q)
			case doc.path == "" || inFolder(t.Cwd(), doc.path):
				others = append(others, q)
			}
		}
	}
	list := append(about, others...)
	return answerOffers(list[:min(len(list), max(len(about), maxOpenQuestions))])
}

// answerOffers are a yes and a no for each question. A form has no plain yes: it
// is filled in.
func answerOffers(list []agent.Question) []offer {
	var offers []offer
	for _, q := range list {
		for _, c := range choices {
			yes := c.decision == agent.Approved && q.Kind != agent.AskForm
			if yes || c.decision == agent.Declined {
				offers = append(offers, offer{
					kind: protocol.CodeActionKindQuickFix, title: fmt.Sprintf("%s: %s", c.title, titleOf(q)),
					command: "approve", argument: approveArgument{q.ID, c.decision},
				})
			}
		}
	}
	return offers
}

// An approveArgument is the argument of codex.approve as actions write it.
type approveArgument struct {
	ID       string         `json:"id"`
	Decision agent.Decision `json:"decision"`
}

// chatOffers are what can be done in a chat document: answer the question that
// stands at the place, or send the prompt.
func (s *server) chatOffers(doc *document, r protocol.Range) []offer {
	var offers []offer
	at := s.questionsIn(doc)
	for line := r.Start.Line; line <= r.End.Line; line++ {
		if q, ok := at[line]; ok {
			offers = append(offers, answerOffers([]agent.Question{q})...)
		}
	}
	if (page{at: -1}).over(doc.text.String()).prompt() != "" {
		offers = append(offers, sendOffer(doc, "Send to Codex"))
	}
	return offers
}

func sendOffer(doc *document, title string) offer {
	return offer{kind: protocol.CodeActionKindQuickFix, title: title, command: "ask",
		argument: askArgument{TextDocument: &documentID{string(doc.uri)}}}
}

// questionsIn finds the open questions of a chat in its document, by line.
func (s *server) questionsIn(doc *document) map[uint32]agent.Question {
	c := s.threads.chatAt(doc.path)
	if c == nil {
		return nil
	}
	byLine := make(map[string][]agent.Question)
	for _, q := range s.agent.Ledger().Pending(c.thread.ID()) {
		byLine[approvalLine(q)] = append(byLine[approvalLine(q)], q)
	}
	if len(byLine) == 0 {
		return nil
	}
	at := make(map[uint32]agent.Question)
	n := uint32(0)
	for line := range strings.SplitSeq(doc.text.String(), "\n") {
		line = strings.TrimRight(line, "\r")
		if list := byLine[line]; len(list) > 0 {
			at[n], byLine[line] = list[0], list[1:]
		}
		n++
	}
	return at
}
