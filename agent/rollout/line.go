package rollout

import (
	"bytes"
	"encoding/json"
)

// lineStart is how each line begins, whoever wrote it.
var lineStart = []byte(`{"timestamp":`)

// parseLine takes a line apart. A rollout can have hundreds of megabytes, nearly all
// of them payload, so that is looked over once and not decoded: what stands
// before it is a small object when a brace is put behind it.
func parseLine(raw []byte) (l line, err error) {
	head, payload, found := bytes.Cut(raw, []byte(`,"payload":`))
	if found && json.Unmarshal(append(head[:len(head):len(head)], '}'), &l) == nil {
		if payload, found = bytes.CutSuffix(payload, []byte("}")); found && json.Valid(payload) {
			l.Payload = payload
			return l, nil
		}
	}
	l = line{}
	err = json.Unmarshal(raw, &l)
	return l, err
}

// typeOf is the type of an item or event. It mostly stands first.
func typeOf(object []byte) string {
	if rest, first := bytes.CutPrefix(object, []byte(`{"type":"`)); first {
		if kind, _, ended := bytes.Cut(rest, []byte(`"`)); ended {
			return string(kind)
		}
	}
	var o struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(object, &o) // one without a type is of none
	return o.Type
}
