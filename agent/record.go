package agent

import (
	"cmp"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/rollout"
)

// A record keeps a thread in its rollout, which is made when the first turn
// begins. A thread whose rollout cannot be written goes on without: the user
// is told once.
type record struct {
	store  *rollout.Store // nil: nothing is kept
	parent string         // the thread that this one is a copy of, or ""

	file   *rollout.File // nil while there is none, and if it could not be made
	made   bool          // it was made, or could not be
	failed sync.Once
}

// openRecord begins the turn in the rollout.
func (tn *turn) openRecord() {
	t := tn.thread
	r := &t.record
	if r.store == nil {
		return
	}
	var err error
	fresh := !r.made
	if fresh {
		r.made = true
		r.file, err = t.createRecord(tn.config)
	}
	if account := t.agent.account; account != nil {
		_, _ = account.Status(tn.config) // reads what is to be hidden; the model client says what is wrong
	}
	r.file.Hide(tn.secrets())
	if fresh && err == nil {
		err = t.copyRecord()
	}
	if err == nil {
		err = r.file.Event(rollout.Event{Type: rollout.TaskStarted, TurnID: tn.id, StartedAt: time.Now().Unix()})
	}
	if err == nil {
		err = r.file.Turn(tn.context())
	}
	tn.kept(err)
}

// createRecord makes the rollout.
func (t *Thread) createRecord(c *config.Config) (*rollout.File, error) {
	return t.record.store.Create(rollout.Meta{
		ID: t.id, Cwd: t.cwd, Originator: "codex-lsp", Version: t.agent.modelOptions.Version,
		Source: t.agent.source, Provider: c.Provider.ID, ForkedFrom: t.record.parent,
		Instructions: rollout.Instructions{Text: t.told.base},
	})
}

// copyRecord writes what the thread knows already, being a copy of another.
func (t *Thread) copyRecord() (err error) {
	f := t.record.file
	for _, item := range t.history[1:] {
		if err == nil {
			err = f.Item(item)
		}
	}
	for _, said := range t.earlier {
		if err == nil {
			err = f.Event(eventOf(said))
		}
	}
	return err
}

// keepPrompt adds what a user typed to those that Codex's terminal offers again.
func (tn *turn) keepPrompt(text string) {
	t, h := tn.thread, tn.config.History
	if !t.agent.keepPrompts || t.record.store == nil || h.Off || strings.TrimSpace(text) == "" {
		return
	}
	for _, secret := range tn.secrets() {
		text = strings.ReplaceAll(text, secret, "…")
	}
	if err := t.record.store.Prompt(t.id, text, int64(h.MaxBytes)); err != nil {
		t.agent.log.Warn("keep a prompt", "err", err)
	}
}

// context is what holds for the turn.
func (tn *turn) context() rollout.TurnContext {
	c := tn.config
	approval := c.Approval
	if approval == config.Granular || approval == config.Silent {
		approval = config.OnRequest // the nearest that every Codex can read
	}
	return rollout.TurnContext{
		TurnID: tn.id, Cwd: tn.thread.cwd, Approval: string(approval),
		Sandbox: map[string]any{"type": string(c.Sandbox)},
		Model:   c.Model, Effort: c.Effort, Summary: cmp.Or(c.Summary, "auto"), Marks: true,
	}
}

// keepItem adds an item of the history to the rollout, and tells whether it did.
func (tn *turn) keepItem(item json.RawMessage) bool {
	f := tn.thread.record.file
	if f == nil {
		return false
	}
	err := f.Item(item)
	tn.kept(err)
	return err == nil
}

// keepEvent adds to the rollout what people are shown.
func (tn *turn) keepEvent(e Event) {
	f := tn.thread.record.file
	if f == nil {
		return
	}
	switch e := e.(type) {
	case ItemCompleted:
		if kept := eventOf(e.Item); kept.Type != "" {
			kept.TurnID = tn.id
			tn.kept(f.Event(kept))
		}
	case UsageUpdated:
		tn.kept(f.Event(rollout.Event{Type: rollout.TokenCount, Info: &rollout.TokenInfo{
			Total: rollout.Tokens(e.Usage), Last: rollout.Tokens(e.Last), Window: e.Window,
		}}))
	case TurnCompleted:
		tn.kept(tn.keepEnd(f))
	}
}

// keepEnd adds how the turn ended.
func (tn *turn) keepEnd(f *rollout.File) error {
	res := tn.result
	if res.Status == Interrupted {
		return f.Event(rollout.Event{Type: rollout.TurnAborted, TurnID: tn.id, Reason: "interrupted"})
	}
	if res.Status == Failed {
		if err := f.Event(rollout.Event{Type: rollout.TurnError, Message: res.Error}); err != nil {
			return err
		}
	}
	return f.Event(rollout.Event{
		Type: rollout.TaskComplete, TurnID: tn.id,
		LastAnswer: res.Answer, Millis: res.Duration.Milliseconds(),
	})
}

// kept says that the thread is not kept from here on, if there was an error.
func (tn *turn) kept(err error) {
	if err == nil {
		return
	}
	tn.thread.record.failed.Do(func() {
		tn.thread.peers.report(Warning{Ref: tn.ref(), Message: "this conversation is not saved from here on: " + err.Error()})
	})
}

// eventOf is an item as rollouts have it; its type is "" for one they do not.
func eventOf(item Item) rollout.Event {
	switch item.Type {
	case UserMessage:
		return rollout.Event{Type: rollout.UserMessage, Message: item.Text}
	case AgentMessage:
		if item.Status == ItemCompletedS {
			return rollout.Event{Type: rollout.AgentMessage, Message: item.Text}
		}
	case FileChangeItem:
		done := item.Status == ItemCompletedS
		e := rollout.Event{Type: rollout.PatchEnd, CallID: item.ID, Success: &done, Status: string(item.Status), Changes: make(map[string]rollout.Edit)}
		for _, ch := range item.Changes {
			e.Changes[ch.Path] = editOf(ch)
		}
		return e
	}
	return rollout.Event{}
}

// editOf is a file's change as rollouts have it: the text of a file that came
// or went, the hunks of another.
func editOf(ch FileChange) rollout.Edit {
	e := rollout.Edit{Type: ch.Kind}
	switch {
	case ch.Kind == "update":
		if i := strings.Index(ch.Diff, "@@"); i >= 0 {
			e.Diff = ch.Diff[i:]
		}
		if ch.MoveTo != "" {
			e.MoveTo = &ch.MoveTo
		}
	default:
		text := ch.text
		e.Content = &text
	}
	for _, text := range []*string{e.Content, &e.Diff} {
		if text != nil && len(*text) > maxKeptText {
			*text = strings.ToValidUTF8((*text)[:maxKeptText], "") + "\n[the rest is not kept here]\n"
		}
	}
	return e
}

// maxKeptText is how much of a file's text or diff the rollout shows, in bytes.
// All of it is in the journal, once.
const maxKeptText = 64 << 10
