package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"codex-lsp/agent/hooks"
	"codex-lsp/agent/model"
)

// A conversation that nears the end of the model's window is summarised by the
// model itself. What goes on is the surroundings, the user's newest prompts, the
// state that must not be lost, word by word, and the summary.

// compactPrompt asks for the summary, unless the user has a prompt for it.
const compactPrompt = `The conversation has become long, and you will go on with a summary of it in its place. Write that summary now, for yourself: you will see nothing else of what was said, but for the user's last prompts, your plan and a list of the files that you changed.

Say, as far as it matters for what is still to be done:
- what the user wants, with every wish and every limit that they named
- what was decided, and why
- what is done, and how you know that it works
- what you found out: names, paths, commands with what they printed, causes of errors
- what comes next, step by step

Be exact and brief. Quote names, paths and messages as they are. Do not call tools.`

// summaryOpening comes before the summary in the history that goes on.
const summaryOpening = "<conversation_summary>\nThe conversation before this was summarised by you, as it had become long. Go on from here; ask the user for nothing that the summary says.\n\n"

const summaryClosing = "\n</conversation_summary>"

// maxPrompts is how much of the user's prompts goes on, in bytes: Codex's
// 20,000 tokens, about.
const maxPrompts = 80_000

// compact puts a summary in the place of the history: the user wants it (manual),
// or it has become too long (auto).
func (tn *turn) compact(trigger string) error {
	t := tn.thread
	tn.hooked(tn.ctx, hooks.PreCompact, trigger, map[string]any{"trigger": trigger})
	item := Item{ID: newID(), Type: ContextCompaction, Status: ItemInProgress}
	tn.report(ItemStarted{Ref: tn.ref(), Item: item})
	end := func(s ItemStatus) { item.Status = s; tn.report(ItemCompleted{Ref: tn.ref(), Item: item}) }
	summary, err := tn.summary()
	if err != nil {
		end(ItemFailed)
		return fmt.Errorf("the conversation has become too long, and could not be summarised: %w", err)
	}
	was, before := t.tokens, t.history
	prompts := newestPrompts(before)
	t.told = told{base: t.told.base}
	fresh := append([]json.RawMessage{before[0]}, tn.scene()...)
	fresh = append(fresh, prompts...)
	if state := tn.state(before); state != "" {
		fresh = append(fresh, userMessage(state))
	}
	fresh = append(fresh, userMessage(summaryOpening+summary+summaryClosing))
	t.replace(fresh)
	t.compactions = append(t.compactions, compaction{before: before, size: len(fresh)})
	t.floor = t.tokens
	if f := t.record.file; f != nil {
		tn.kept(f.Compacted(summary, fresh[1:]))
	}
	tn.reportUsage(Usage{}, nil)
	item.Text = fmt.Sprintf("The conversation was summarised: %d tokens became %d.\n\n%s", was, t.tokens, summary)
	end(ItemCompletedS)
	tn.hooked(tn.ctx, hooks.PostCompact, trigger, map[string]any{"trigger": trigger})
	tn.startHooks("compact")
	return nil
}

// replace makes another history the thread's.
func (t *Thread) replace(history []json.RawMessage) {
	t.history, t.tokens = history, 0
	for _, item := range history {
		t.tokens += tokensOf(item)
	}
}

// summary asks the model for one. Where even that is too long, the oldest tenth
// of what was said is left out, and again.
func (tn *turn) summary() (string, error) {
	history := tn.thread.history
	for failures := 0; ; failures++ {
		text, err := tn.summarise(history)
		if tn.ctx.Err() != nil {
			return "", tn.ctx.Err()
		}
		if err == nil {
			return text, nil
		}
		if less := withoutOldest(history); isTooLong(err) && len(less) < len(history) {
			history, failures = less, -1
			continue
		}
		if err := tn.backOff(err, failures); err != nil {
			return "", err
		}
	}
}

// withoutOldest leaves out the oldest items after the base instructions.
func withoutOldest(history []json.RawMessage) []json.RawMessage {
	size, n := 0, 1
	for _, item := range history {
		size += len(item)
	}
	for left := size / 10; n < len(history) && left > 0; n++ {
		left -= len(history[n])
	}
	if n == len(history) {
		return history
	}
	return append([]json.RawMessage{history[0]}, mended(history[n:], make(map[CallID]bool), unknownCut)...)
}

var errNoSummary = errors.New("the model wrote no summary")

// summarise makes one request for a summary.
func (tn *turn) summarise(history []json.RawMessage) (string, error) {
	tn.waits(WaitModel, "summarising the conversation")
	defer tn.waits("", "")
	r := tn.request()
	r.Input = append(slices.Clip(history), userMessage(tn.compactPrompt()))
	r.Tools, r.Search, r.Parallel, r.Schema = nil, nil, false, nil
	var text string
	for ev, err := range tn.client.Stream(tn.ctx, r) {
		if err != nil {
			return "", err
		}
		switch ev := ev.(type) {
		case model.ItemDone:
			if out := parseOutput(ev.Item); out.Type == "message" {
				text = strings.TrimSpace(out.text())
			}
		case model.Done:
			u := Usage(ev.Usage)
			tn.result.Usage.add(u)
			tn.reportUsage(u, limitsOf(ev.Limits))
		}
	}
	if text == "" {
		return "", errNoSummary
	}
	return text, nil
}

// compactPrompt is our own, unless the user has one.
func (tn *turn) compactPrompt() string {
	c := tn.config.Context
	if c.File != "" {
		text, err := os.ReadFile(c.File)
		if err == nil && len(bytes.TrimSpace(text)) > 0 {
			return string(text)
		}
		tn.report(Warning{Ref: tn.ref(), Message: "experimental_compact_prompt_file cannot be used; using the built-in prompt"})
	}
	if c.Prompt != "" {
		return c.Prompt
	}
	return compactPrompt
}

// newestPrompts are the user's own words, as far as they go on.
func newestPrompts(history []json.RawMessage) []json.RawMessage {
	var newest []json.RawMessage
	left := maxPrompts
	for _, item := range slices.Backward(history) {
		if h := headOf(item); h.kind != "message" || h.role != "user" {
			continue
		}
		text := promptIn(item)
		if text == "" {
			continue
		}
		if left -= len(text); left < 0 {
			break
		}
		newest = append(newest, userMessage(text))
	}
	slices.Reverse(newest)
	return newest
}

// promptIn is what the user wrote of a message, without what was put beside it.
func promptIn(item json.RawMessage) string {
	var b strings.Builder
	for _, p := range parseOutput(item).Content {
		if p.Type == "input_text" && !isSurrounding(p.Text) {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// isSurrounding tells whether a text is one that the program wrote in the user's
// name.
func isSurrounding(text string) bool {
	return slices.ContainsFunc([]string{
		environmentOpening, "# AGENTS.md instructions", "<editor_context", "<turn_aborted>", "<image name=", "</image>",
		stateOpening, summaryOpening, skillOpening,
	}, func(opening string) bool { return strings.HasPrefix(text, opening) })
}
