package modeltest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A responsesVoice speaks the Responses API.
type responsesVoice struct {
	server *Server
	st     *stream
	seq    int
	index  int // of the output item
	bytes  int // said so far
}

func playResponses(s *Server, st *stream, req Request, turn Turn) {
	v := &responsesVoice{server: s, st: st}
	id := s.nextID("resp")
	response := object{"id": id, "object": "response", "model": req.Model, "status": "in_progress", "output": []any{}}
	v.send("response.created", object{"response": response})
	for _, it := range turn.Items {
		it.play(v)
	}
	switch {
	case turn.Endless:
	case turn.Failed.Code != "":
		response["status"] = "failed"
		response["error"] = object{"code": turn.Failed.Code, "message": turn.Failed.Message}
		v.send("response.failed", object{"response": response})
	case turn.Incomplete != "":
		response["status"] = "incomplete"
		response["incomplete_details"] = object{"reason": turn.Incomplete}
		v.send("response.incomplete", object{"response": response})
	default:
		u := turn.usage(req, v.bytes)
		response["status"] = "completed"
		response["usage"] = object{
			"input_tokens": u.Input, "input_tokens_details": object{"cached_tokens": u.Cached, "cache_write_tokens": u.CacheWrite},
			"output_tokens": u.Output, "output_tokens_details": object{"reasoning_tokens": u.Reasoning},
			"total_tokens": u.Input + u.Output,
		}
		v.send("response.completed", object{"response": response})
	}
}

// usage is what the turn claims, or four bytes to the token.
func (t Turn) usage(req Request, said int) Usage {
	if t.Usage != (Usage{}) {
		return t.Usage
	}
	return Usage{Input: int64(len(req.Body) / 4), Output: int64(said/4 + 1)}
}

func (v *responsesVoice) stream() *stream { return v.st }

// send writes one event with its type and number.
func (v *responsesVoice) send(typ string, fields object) {
	fields["type"] = typ
	fields["sequence_number"] = v.seq
	v.seq++
	v.st.send(typ, quote(fields))
}

// done ends an output item; item is its JSON.
func (v *responsesVoice) done(item json.RawMessage) {
	const typ = "response.output_item.done"
	v.st.send(typ, fmt.Sprintf(`{"type":%q,"sequence_number":%d,"output_index":%d,"item":%s}`, typ, v.seq, v.index, item))
	v.seq++
	v.index++
}

func (v *responsesVoice) added(item object) {
	v.send("response.output_item.added", object{"output_index": v.index, "item": item})
}

func (v *responsesVoice) text(deltas []string) {
	id := v.server.nextID("msg")
	whole := strings.Join(deltas, "")
	v.bytes += len(whole)
	part := func(text string) object {
		return object{"type": "output_text", "text": text, "annotations": []any{}}
	}
	at := func(fields object) object {
		fields["item_id"], fields["output_index"], fields["content_index"] = id, v.index, 0
		return fields
	}
	v.added(object{"type": "message", "id": id, "status": "in_progress", "role": "assistant", "content": []any{}})
	v.send("response.content_part.added", at(object{"part": part("")}))
	for i, d := range deltas {
		if i > 0 {
			v.st.pace()
		}
		v.send("response.output_text.delta", at(object{"delta": d}))
	}
	v.send("response.output_text.done", at(object{"text": whole}))
	v.send("response.content_part.done", at(object{"part": part(whole)}))
	v.done(json.RawMessage(quote(object{
		"type": "message", "id": id, "status": "completed", "role": "assistant", "content": []any{part(whole)},
	})))
}

func (v *responsesVoice) reasoning(r reasoning) {
	id := v.server.nextID("rs")
	v.bytes += len(r.summary)
	v.added(object{"type": "reasoning", "id": id, "summary": []any{}})
	summary := []any{}
	if r.summary != "" {
		v.send("response.reasoning_summary_part.added", object{"item_id": id, "output_index": v.index, "summary_index": 0})
		v.send("response.reasoning_summary_text.delta", object{"item_id": id, "output_index": v.index, "summary_index": 0, "delta": r.summary})
		summary = append(summary, object{"type": "summary_text", "text": r.summary})
	}
	v.done(json.RawMessage(quote(object{
		"type": "reasoning", "id": id, "summary": summary, "encrypted_content": r.encrypted,
	})))
}

// callPieces is how many pieces the input of a call comes in at most.
const callPieces = 8

func (v *responsesVoice) call(c call) {
	typ, field, event, prefix := "function_call", "arguments", "response.function_call_arguments.", "fc"
	if c.custom {
		typ, field, event, prefix = "custom_tool_call", "input", "response.custom_tool_call_input.", "ctc"
	}
	id := v.server.nextID(prefix)
	callID := c.id
	if callID == "" {
		callID = v.server.nextID("call")
	}
	v.bytes += len(c.input)
	item := object{"type": typ, "id": id, "call_id": callID, "name": c.name, field: "", "status": "in_progress"}
	v.added(item)
	for _, piece := range pieces(c.input, callPieces) {
		v.send(event+"delta", object{"item_id": id, "output_index": v.index, "delta": piece})
	}
	v.send(event+"done", object{"item_id": id, "output_index": v.index, field: c.input})
	item[field], item["status"] = c.input, "completed"
	v.done(json.RawMessage(quote(item)))
}

func (v *responsesVoice) raw(item json.RawMessage) {
	v.bytes += len(item)
	v.done(item)
}

// pieces cuts a text into at most n whole-rune pieces of about the same size.
func pieces(s string, n int) []string {
	var list []string
	size := len(s)/n + 1
	for len(s) > size {
		at := size
		for at < len(s) && s[at]&0xC0 == 0x80 {
			at++
		}
		list = append(list, s[:at])
		s = s[at:]
	}
	return append(list, s)
}
