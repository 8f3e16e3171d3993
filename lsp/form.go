package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"codex-lsp/agent"
)

// What an MCP server, or the model, wants to know is asked in prompts where each field can be
// answered by pressing a button. A prompt of the protocol takes no text, so
// every other form is a file that the user fills in, as with a commit message:
// that works wherever files can be edited.

const (
	fillIn   = "Fill in"
	sendForm = "Send"
	decline  = "Decline"
	skip     = "Leave out"
	another  = "Another answer"
)

// How much can be asked with buttons alone.
const (
	maxButtonFields = 3
	maxButtons      = 5
)

// fill has the user fill a form in, and settles the question.
func (s *server) fill(ctx context.Context, t *agent.Ticket) {
	answer, err := agent.Answer{}, error(nil)
	if buttonsDo(t.Question) {
		answer, err = s.fillByButtons(ctx, t.Question)
	} else {
		answer, err = s.fillByFile(ctx, t.Question)
	}
	if ctx.Err() != nil || s.session.Err() != nil {
		return // settled elsewhere, or nobody is there: neither is an answer
	}
	if err != nil {
		if s.options.Capabilities.Approvals {
			return // closed, not answered: codex.approve will
		}
		answer = agent.Answer{Decision: agent.Declined, By: agent.ByUser}
	}
	t.Settle(answer)
}

// errNotPicked says that a prompt was closed, which is no answer to a form.
var errNotPicked = errors.New("the prompt was closed")

// choose shows a prompt until one of the titles is picked. An error says that
// none was.
func (s *server) choose(ctx context.Context, text string, titles ...string) (string, error) {
	params := &protocol.ShowMessageRequestParams{Type: protocol.MessageTypeWarning, Message: text}
	if s.profile.prefills {
		params.Actions = append(params.Actions, protocol.MessageActionItem{})
	}
	for _, title := range titles {
		params.Actions = append(params.Actions, protocol.MessageActionItem{Title: title})
	}
	for {
		picked, err := s.client.ShowMessageRequest(ctx, params)
		switch {
		case err != nil:
			return "", err
		case picked == nil || ctx.Err() != nil:
			return "", errNotPicked
		case picked.Title == "" && s.profile.prefills:
			continue
		}
		for _, title := range titles {
			if picked.Title == title {
				return title, nil
			}
		}
		return "", fmt.Errorf("%q was not offered", picked.Title)
	}
}

// buttonsDo tells whether every field has a few values to choose from.
func buttonsDo(q agent.Question) bool {
	for _, f := range q.Form {
		few := f.Type == "boolean" || f.Type == "string" && len(f.Choices) > 0 && len(f.Choices) <= maxButtons-2
		if !few {
			return false
		}
	}
	return len(q.Form) <= maxButtonFields
}

func (s *server) fillByButtons(ctx context.Context, q agent.Question) (agent.Answer, error) {
	declined := agent.Answer{Decision: agent.Declined, By: agent.ByUser}
	text, _ := promptText(q, s.profile.prompt)
	content := map[string]any{}
	if len(q.Form) == 0 {
		if picked, err := s.choose(ctx, text, sendForm, decline); err != nil || picked == decline {
			return declined, err
		}
	}
	for _, f := range q.Form {
		titles := []string{"Yes", "No"}
		if f.Type != "boolean" {
			titles = nil
			for _, c := range f.Choices {
				titles = append(titles, titleText(c.Title))
			}
		}
		if !f.Required {
			titles = append(titles, skip)
		}
		if f.Open {
			titles = append(titles, another)
		}
		picked, err := s.choose(ctx, text+"\n\n"+fieldText(f), append(titles, decline)...)
		switch {
		case err != nil || picked == decline:
			return declined, err
		case picked == skip:
			continue
		case picked == another:
			return s.fillByFile(ctx, q)
		case f.Type == "boolean":
			content[f.Name] = picked == "Yes"
		default:
			for _, c := range f.Choices {
				if titleText(c.Title) == picked {
					content[f.Name] = c.Value
				}
			}
		}
	}
	return q.Fill(content)
}

// titleText is a button's title that a server wrote: one short line, and none of
// ours.
func titleText(s string) string {
	s = shortened(agent.Visible(strings.Join(strings.Fields(s), " ")), 40)
	if s == decline || s == skip || s == another {
		return "“" + s + "”"
	}
	return s
}

// fieldText says what a field is, in one line.
func fieldText(f agent.FormField) string { return shortened(agent.Visible(f.Says()), maxReason) }

// fillByFile shows a file with a line for each field, and takes what it says once
// the user has saved it and says that it is to be sent. No prompt stands there
// meanwhile: in most editors in a terminal it would take the keys.
func (s *server) fillByFile(ctx context.Context, q agent.Question) (agent.Answer, error) {
	declined := agent.Answer{Decision: agent.Declined, By: agent.ByUser}
	text, _ := promptText(q, s.profile.prompt)
	if picked, err := s.choose(ctx, text, fillIn, decline); err != nil || picked == decline {
		return declined, err
	}
	path, err := formFile(q, s.profile.markdownForms)
	if err != nil {
		s.warn("codex: " + err.Error())
		return declined, nil
	}
	defer os.Remove(path)
	for {
		s.showDocument(ctx, path)
		how := ""
		if !s.awaitSave(ctx, path) { // it cannot be shown, or is edited elsewhere
			how = "\n\nFill in " + path + ", then send it."
		}
		answer, trouble := s.formIn(ctx, q, path)
		says, actions := "Send this to the MCP server?\n\n"+answered(q, answer)+how, []string{sendForm, fillIn, decline}
		if trouble != nil {
			says = shortened(agent.Visible(trouble.Error()), maxReason) + "\n\n" + titleOf(q) + how
			actions = []string{fillIn, decline}
			if how != "" {
				actions[0] = sendForm
			}
		}
		picked, err := s.choose(ctx, says, actions...)
		if err != nil || picked == decline {
			return declined, err
		}
		if picked == sendForm && trouble == nil && how == "" {
			return answer, nil
		}
		if picked == sendForm { // the file may say something else by now
			if answer, trouble = s.formIn(ctx, q, path); trouble == nil {
				return answer, nil
			}
		}
	}
}

// awaitSave waits until the user has saved a document that was shown, or closed
// it. It returns false where the client has not opened it.
func (s *server) awaitSave(ctx context.Context, path string) bool {
	key := keyOfPath(path)
	soon, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	open, err := s.docs.wait(soon, key, func(d *document) bool { return d != nil })
	if err != nil {
		return false
	}
	_, err = s.docs.wait(ctx, key, func(d *document) bool { return d == nil || d.saved != open.saved })
	return err == nil
}

// formIn reads the form as the user sees it.
func (s *server) formIn(ctx context.Context, q agent.Question, path string) (agent.Answer, error) {
	snap, err := s.Read(ctx, path)
	if err != nil {
		return agent.Answer{}, err
	}
	return readForm(q, snap.Text)
}

// answered is what was filled into a form, in its order.
func answered(q agent.Question, a agent.Answer) string {
	var content map[string]json.RawMessage
	_ = json.Unmarshal([]byte(a.Content), &content) // it is from Fill
	lines := []string{}
	for _, f := range q.Form {
		if v, has := content[f.Name]; has {
			lines = append(lines, shortened(agent.Visible(f.Name+": "+string(v)), maxReason))
		}
	}
	if len(lines) == 0 {
		return "nothing was filled in"
	}
	return strings.Join(lines, "\n")
}

// formFile writes the file, which only the user can read.
func formFile(q agent.Question, markdown bool) (string, error) {
	pattern := "codex-form-*.txt"
	if markdown {
		pattern = "codex-form-*.md"
	}
	f, err := os.CreateTemp("", pattern)
	if err != nil {
		return "", fmt.Errorf("make a file for the form: %w", err)
	}
	var b strings.Builder
	comment := func(text string) {
		for line := range strings.Lines(agent.Visible(text)) {
			b.WriteString("# " + strings.TrimRight(line, "\n") + "\n")
		}
	}
	comment(titleOf(q) + "\n\n" + q.Detail + "\n\nWrite behind the colons, and save. Lines that begin with # do not count.")
	for _, field := range q.Form {
		b.WriteByte('\n')
		comment(fieldText(field))
		need := "may be left empty"
		if field.Required {
			need = "needed"
		}
		comment(need + ", " + field.Kind())
		value := ""
		if field.Default != nil {
			value = strings.Join(strings.Fields(fmt.Sprint(field.Default)), " ")
		}
		fmt.Fprintf(&b, "%s: %s\n", field.Name, value)
	}
	_, err = f.WriteString(b.String())
	return f.Name(), errors.Join(err, f.Close())
}

// readForm reads a file that was filled in.
func readForm(q agent.Question, text string) (agent.Answer, error) {
	content := map[string]any{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		known := false
		for _, f := range q.Form { // a name may hold a colon
			value, is := strings.CutPrefix(strings.TrimRight(line, "\r\n"), f.Name+":")
			if !is {
				continue
			}
			known = true
			if strings.TrimSpace(value) == "" {
				break
			}
			v, err := f.Parse(value)
			if err != nil {
				return agent.Answer{}, err
			}
			content[f.Name] = v
			break
		}
		if !known {
			return agent.Answer{}, fmt.Errorf("this line is about no field: %s", strings.TrimSpace(line))
		}
	}
	return q.Fill(content)
}

// openPage has the client open a page, or tells the user where it is.
func (s *server) openPage(ctx context.Context, page string) {
	u, err := uri.Parse(page)
	if err == nil && s.showsDocuments() && (strings.HasPrefix(page, "https://") || strings.HasPrefix(page, "http://")) {
		ctx, cancel := context.WithTimeout(ctx, replyPatience)
		defer cancel()
		shown, err := s.client.ShowDocument(ctx, &protocol.ShowDocumentParams{URI: u, External: ptr(true)})
		if err == nil && shown != nil && shown.Success {
			return
		}
	}
	s.tell(ctx, protocol.MessageTypeInfo, "Codex: open "+agent.Visible(page))
}
