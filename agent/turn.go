package agent

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/execpolicy"
	"codex-lsp/agent/hooks"
	"codex-lsp/agent/model"
	"codex-lsp/agent/skills"
)

// A turn is one prompt's way to its answer: ask the model, run the calls it
// makes, ask again with their outputs, until it makes none.
type turn struct {
	id     string
	thread *Thread
	prev   *turn // the turn before, which must end first; may be nil
	done   chan struct{}
	ctx    context.Context // ends at Interrupt and Agent.Close
	cancel context.CancelFunc

	changes changes
	rules   turnRules
	mail    []Input    // said meanwhile; guarded by thread.mu
	over    bool       // takes no more mail; guarded by thread.mu
	wait    WaitReason // what it waits for; guarded by thread.mu

	// Touched only by the turn's goroutine, until done is closed.
	prompt string          // that it began with
	schema json.RawMessage // of the answer, or nil
	config *config.Config
	facts  model.Facts
	client *model.Client
	tools  toolbox
	result Result
	hooks  []hooks.Hook
	skills []skills.Skill
	stops  int      // how often hooks had it go on
	said   []string // by the user
}

// errAborted ends a turn because the user answered a question with Abort.
var errAborted = errors.New("stopped by the user")

func newTurn(t *Thread, prev *turn) *turn {
	tn := &turn{id: newID(), thread: t, prev: prev, done: make(chan struct{})}
	tn.ctx, tn.cancel = context.WithCancel(t.agent.ctx)
	return tn
}

// accepts tells whether the turn still takes mail. thread.mu is held.
func (tn *turn) accepts() bool {
	return tn != nil && !tn.over && tn.ctx.Err() == nil
}

func (tn *turn) ref() Ref { return Ref{ThreadID: tn.thread.id, TurnID: tn.id} }

// report tells everybody, and the rollout first.
func (tn *turn) report(e Event) {
	tn.keepEvent(e)
	tn.thread.peers.report(e)
}

// waits names what the turn waits for, "" when it no longer does.
func (tn *turn) waits(reason WaitReason, detail string) {
	tn.thread.mu.Lock()
	tn.wait = reason
	tn.thread.mu.Unlock()
	tn.report(Waiting{Ref: tn.ref(), Reason: reason, Detail: detail})
}

// run takes the turn to its end, whatever that is.
func (tn *turn) run(in Input) {
	defer close(tn.done)
	defer tn.cancel()
	if tn.prev != nil {
		<-tn.prev.done
		tn.prev = nil // or every turn would hold all before it
	}
	tn.prompt, tn.schema = in.Text, in.Schema
	start := time.Now()
	tn.report(TurnStarted{Ref: tn.ref(), Prompt: in.Text})
	err := tn.loop(in)
	tn.finish(err)
	tn.result.Duration = time.Since(start)
	tn.report(TurnCompleted{Ref: tn.ref(), Result: tn.result})
	tn.notify()
}

// loop asks and runs until the model makes no call and nobody said anything.
func (tn *turn) loop(in Input) error {
	if err := tn.prepare(); err != nil {
		return err
	}
	tn.begin()
	said, err := tn.open(in)
	if err != nil || len(said) == 0 {
		return err
	}
	tn.hearNews()
	if err := tn.take(said, true); err != nil {
		return err
	}
	tn.warnOfSize()
	if err := tn.startServers(); err != nil {
		return err
	}
	for {
		called, err := tn.respondOrShrink()
		if err != nil {
			return err
		}
		if !called && tn.goesOn() {
			continue
		}
		mail, more := tn.collect(called)
		if !more {
			return nil
		}
		tn.hearNews()
		if err := errors.Join(tn.take(mail, false), tn.makeRoom()); err != nil {
			return err
		}
	}
}

// begin sets the scene, and lets hooks know of a conversation that begins or goes
// on here.
func (tn *turn) begin() {
	source := "startup"
	if tn.thread.told.begun {
		source = "resume"
	}
	tn.setScene()
	if !tn.thread.started {
		tn.thread.started = true
		tn.startHooks(source)
	}
}

// open makes room for what the turn begins with, and returns it: nothing, if the
// conversation was only to be summarised and nobody said anything meanwhile.
func (tn *turn) open(in Input) (said []Input, err error) {
	if !in.compact {
		return []Input{in}, tn.makeRoom()
	}
	if err := tn.compact("manual"); err != nil {
		return nil, err
	}
	said, _ = tn.collect(false)
	return said, nil
}

// prepare takes the settings that hold for the whole turn.
func (tn *turn) prepare() (err error) {
	settings, err := tn.settings()
	if err != nil {
		return err
	}
	tn.config = tn.thread.chosenFrom(settings)
	rules, problems := LoadRules(tn.config)
	tn.rules.set = rules
	tn.warn(settings, problems)
	tn.takeHooks()
	tn.facts = model.FactsFor(tn.config)
	tn.tools = tools(tn.facts, tn.config, refusesQuestions(tn.config.Approval) == "" && tn.thread.agent.ledger.attended(tn.thread.id))
	tn.client = tn.newClient()
	return nil
}

// warn tells once what was odd about a thread that was resumed, and what could
// not be used of the configuration files. Those who give settings in other ways
// hear of them when they do.
func (tn *turn) warn(settings *config.Config, rules []execpolicy.Problem) {
	t := tn.thread
	for _, note := range t.notes {
		tn.report(Warning{Ref: tn.ref(), Message: note})
	}
	t.notes = nil
	if !slices.Equal(t.warnedRules, rules) {
		t.warnedRules = rules
		for _, p := range rules {
			tn.report(Warning{Ref: tn.ref(), Message: p.Error() + "; nothing in this file allows anything until it is mended"})
		}
	}
	if t.warnedOf == settings {
		return
	}
	t.warnedOf = settings
	for _, p := range settings.Problems {
		if p.File != "" {
			tn.report(Warning{Ref: tn.ref(), Message: p.Error()})
		}
	}
}

// collect empties the mailbox. When it is empty and the model made no call,
// the turn is over, and what is said from now on starts another.
func (tn *turn) collect(called bool) (mail []Input, more bool) {
	tn.thread.mu.Lock()
	defer tn.thread.mu.Unlock()
	mail, tn.mail = tn.mail, nil
	more = called || len(mail) > 0
	tn.over = !more
	return mail, more
}

// finish leaves a history that the next turn can go on from: every call has
// its output, and what was said but not heard is kept.
func (tn *turn) finish(err error) {
	tn.thread.mu.Lock()
	tn.over = true
	mail := tn.mail
	tn.mail = nil
	tn.thread.mu.Unlock()
	for _, in := range mail {
		tn.hear(in)
	}
	tn.result.Status = Completed
	switch {
	case err == nil:
	case tn.ctx.Err() != nil, errors.Is(err, errAborted):
		tn.result.Status = Interrupted
		tn.remember(userMessage(tn.thread.interruptedNote()))
		tn.interruptHooks()
	default:
		tn.result.Status = Failed
		tn.result.Error = err.Error()
	}
	tn.result.Files = tn.changes.paths()
}

// remember adds an item to the history, and tells whether it is kept.
func (tn *turn) remember(item json.RawMessage) (kept bool) {
	tn.thread.history = append(tn.thread.history, item)
	tn.thread.tokens += tokensOf(item)
	return tn.keepItem(item)
}

// hear takes what the user said into the history.
func (tn *turn) hear(in Input) {
	item, text, errs := inputItem(in, tn.thread.peers.unsaved(tn.thread.cwd))
	for _, err := range errs {
		tn.report(Warning{Ref: tn.ref(), Message: err.Error()})
	}
	tn.remember(item)
	tn.keepPrompt(in.Text)
	shown := Item{ID: newID(), Type: UserMessage, Text: text, Status: ItemCompletedS}
	tn.report(ItemCompleted{Ref: tn.ref(), Item: shown})
	tn.hearSkills(in.Text)
}

// request is what the model is asked next.
func (tn *turn) request() model.Request {
	c := tn.config
	return model.Request{
		Model:    c.Model,
		Input:    tn.thread.history,
		Tools:    tn.offeredTools(),
		Parallel: tn.facts.Parallel,
		Effort:   tn.facts.Effort,
		Summary:  tn.facts.Summary,
		Verbose:  tn.facts.Verbosity,
		Schema:   tn.schema,
		ThreadID: tn.thread.id,
		TurnID:   tn.id,
		Search:   tn.search(),
	}
}
