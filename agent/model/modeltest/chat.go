package modeltest

import (
	"encoding/json"
)

// A chatVoice speaks Chat Completions.
type chatVoice struct {
	server *Server
	st     *stream
	id     string
	model  string
	calls  int
	bytes  int
}

func playChat(s *Server, st *stream, req Request, turn Turn) {
	v := &chatVoice{server: s, st: st, id: s.nextID("chatcmpl"), model: req.Model}
	v.delta(object{"role": "assistant", "content": ""}, nil)
	for _, it := range turn.Items {
		it.play(v)
	}
	if turn.Endless {
		return
	}
	if turn.Failed.Code != "" {
		st.send("", quote(object{"error": object{"code": turn.Failed.Code, "message": turn.Failed.Message}}))
		return
	}
	v.delta(object{}, v.finish(turn))
	u := turn.usage(req, v.bytes)
	v.chunk(object{"choices": []any{}, "usage": object{
		"prompt_tokens": u.Input, "prompt_tokens_details": object{"cached_tokens": u.Cached},
		"completion_tokens": u.Output, "completion_tokens_details": object{"reasoning_tokens": u.Reasoning},
		"total_tokens": u.Input + u.Output,
	}})
	st.send("", "[DONE]")
}

// finish is the finish_reason that fits what was said.
func (v *chatVoice) finish(turn Turn) string {
	switch {
	case turn.Incomplete == "max_output_tokens":
		return "length"
	case turn.Incomplete != "":
		return turn.Incomplete
	case v.calls > 0:
		return "tool_calls"
	}
	return "stop"
}

func (v *chatVoice) stream() *stream { return v.st }

func (v *chatVoice) chunk(fields object) {
	fields["id"], fields["object"], fields["model"] = v.id, "chat.completion.chunk", v.model
	v.st.send("", quote(fields))
}

func (v *chatVoice) delta(delta object, finish any) {
	v.chunk(object{"choices": []any{object{"index": 0, "delta": delta, "finish_reason": finish}}})
}

func (v *chatVoice) text(deltas []string) {
	for i, d := range deltas {
		if i > 0 {
			v.st.pace()
		}
		v.bytes += len(d)
		v.delta(object{"content": d}, nil)
	}
}

func (v *chatVoice) reasoning(r reasoning) {
	v.bytes += len(r.summary)
	v.delta(object{"reasoning_content": r.summary}, nil)
}

// call sends a custom call as what it is on this wire: a function call with
// one argument, input.
func (v *chatVoice) call(c call) {
	id := c.id
	if id == "" {
		id = v.server.nextID("call")
	}
	arguments := c.input
	if c.custom {
		arguments = quote(object{"input": c.input})
	}
	v.bytes += len(arguments)
	v.toolCall(object{"id": id, "type": "function", "function": object{"name": c.name, "arguments": ""}})
	for _, piece := range pieces(arguments, callPieces) {
		v.toolCall(object{"function": object{"arguments": piece}})
	}
	v.calls++
}

func (v *chatVoice) toolCall(fields object) {
	fields["index"] = v.calls
	v.delta(object{"tool_calls": []any{fields}}, nil)
}

func (v *chatVoice) raw(json.RawMessage) {}
