package modeltest

import (
	"encoding/json"
	"errors"
	"fmt"
)

// check says what a provider, or its prompt cache, would not forgive.
// before is the input of the thread's last good request.
func check(r Request, before []string) error {
	if r.Model == "" {
		return errors.New("no model")
	}
	if len(r.Input) == 0 {
		return errors.New("no input")
	}
	if r.Chat {
		return checkPairs(chatCalls(r.Input))
	}
	if err := checkPairs(responsesCalls(r.Input)); err != nil {
		return err
	}
	return checkPrefix(items(r.Input), before)
}

// checkPairs wants each call id once, and one output for each in their order.
func checkPairs(calls, outputs []string) error {
	seen := make(map[string]bool)
	for _, id := range calls {
		if id == "" {
			return errors.New("a call without call_id")
		}
		if seen[id] {
			return fmt.Errorf("call id %q appears twice", id)
		}
		seen[id] = true
	}
	for i, id := range outputs {
		switch {
		case !seen[id]:
			return fmt.Errorf("no tool call found for output with call_id %q", id)
		case i >= len(calls):
			return fmt.Errorf("a second output for call %q", id)
		case calls[i] != id:
			return fmt.Errorf("output %d is of call %q, want that of %q", i+1, id, calls[i])
		}
	}
	if len(outputs) < len(calls) {
		return fmt.Errorf("no tool output found for call %q", calls[len(outputs)])
	}
	return nil
}

func responsesCalls(input []json.RawMessage) (calls, outputs []string) {
	for _, raw := range input {
		switch it := parse(raw); {
		case it.isCall():
			calls = append(calls, it.CallID)
		case it.isOutput():
			outputs = append(outputs, it.CallID)
		}
	}
	return calls, outputs
}

func chatCalls(messages []json.RawMessage) (calls, outputs []string) {
	for _, raw := range messages {
		it := parse(raw)
		for _, c := range it.ToolCalls {
			calls = append(calls, c.ID)
		}
		if it.Role == "tool" {
			outputs = append(outputs, it.ToolCallID)
		}
	}
	return calls, outputs
}

// checkPrefix wants the input to go on where the last one ended, byte for
// byte: a prompt cache is of no use otherwise.
func checkPrefix(input, before []string) error {
	for i, was := range before {
		if i >= len(input) {
			return fmt.Errorf("input has %d items, the last request of this thread had %d", len(input), len(before))
		}
		if input[i] != was {
			return fmt.Errorf("input item %d was\n\t%s\nand is now\n\t%s", i, was, input[i])
		}
	}
	return nil
}

func items(input []json.RawMessage) []string {
	list := make([]string, len(input))
	for i, raw := range input {
		list[i] = string(raw)
	}
	return list
}
