package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"codex-lsp/agent/model"
)

// window is how many tokens the model can take, and limit how many there are
// when the conversation is summarised: a tenth is left for what comes meanwhile.
func (tn *turn) window() (window, limit int64) {
	window = tn.facts.Window
	limit = window / 10 * 9
	if l := int64(tn.config.Context.CompactAt); l > 0 {
		limit = min(limit, l)
	}
	return window, limit
}

// makeRoom summarises the conversation if it has become long. One that is long
// right after it was summarised is not, until it has grown.
func (tn *turn) makeRoom() error {
	t := tn.thread
	_, limit := tn.window()
	if t.tokens < max(limit, t.floor+limit/10) {
		return nil
	}
	return tn.compact("auto")
}

// respondOrShrink gets one response. If the provider finds the conversation too
// long, it is summarised first.
func (tn *turn) respondOrShrink() (called bool, err error) {
	called, err = tn.respond()
	if !isTooLong(err) {
		return called, err
	}
	if err := tn.compact("auto"); err != nil {
		return false, err
	}
	return tn.respond()
}

func isTooLong(err error) bool {
	var e *model.Error
	return errors.As(err, &e) && e.Kind == model.TooLong
}

// warnOfSize tells the user if what the model is about to read does not fit.
func (tn *turn) warnOfSize() {
	if window, _ := tn.window(); tn.thread.tokens > window {
		tn.report(Warning{Ref: tn.ref(), Message: fmt.Sprintf(
			"this prompt makes the conversation about %d tokens long, and %s takes %d: ask for less at once, or begin a new conversation", tn.thread.tokens, tn.config.Model, window)})
	}
}

// reportUsage counts the tokens of a response, and says how long the
// conversation is.
func (tn *turn) reportUsage(last Usage, limits []RateLimit) {
	window, _ := tn.window()
	total := tn.thread.addUsage(last, tn.thread.tokens, window, limits)
	tn.report(UsageUpdated{Ref: tn.ref(), Usage: total, Last: last, Context: tn.thread.tokens, Window: window, Limits: limits})
}

// tokensOf is about how many tokens an item has: four bytes each. An image has a
// number of its own, whatever its size.
func tokensOf(item json.RawMessage) int64 {
	const image = 1500
	n := int64(len(item)) / 4
	for rest := []byte(item); ; {
		_, data, found := bytes.Cut(rest, []byte(";base64,"))
		if !found {
			return n
		}
		end := bytes.IndexByte(data, '"')
		if end < 0 {
			return n
		}
		n += image - int64(end)/4
		rest = data[end:]
	}
}
