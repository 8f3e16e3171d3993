package agent

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// itemsOf makes a history of short words: u and d are messages, a an assistant's,
// r a thought; cN is a call, sN one of the local shell, xN a patch, oN the output
// of N, lN one that says that it was lost.
func itemsOf(words string) (items []json.RawMessage) {
	for word := range strings.FieldsSeq(words) {
		id := CallID(word[1:])
		form := map[byte]string{
			'u': `{"type":"message","role":"user","content":[]}`,
			'd': `{"type":"message","role":"developer","content":[]}`,
			'a': `{"content":[{"type":"output_text","text":"so"}],"role":"assistant","type":"message"}`,
			'r': `{"type":"reasoning","encrypted_content":"x"}`,
			'c': `{"type":"function_call","name":"n","arguments":"{}","call_id":%q}`,
			's': `{"type":"local_shell_call","id":null,"call_id":%q,"action":{"type":"exec"}}`,
			'x': `{"type":"custom_tool_call","call_id":%q,"input":"type"}`,
			'o': `{"type":"function_call_output","call_id":%q,"output":"done"}`,
		}[word[0]]
		switch {
		case word[0] == 'l':
			items = append(items, callOutput(id[0] == 'x', id, cutUnknown))
		case strings.Contains(form, "%"):
			items = append(items, json.RawMessage(fmt.Sprintf(form, id)))
		default:
			items = append(items, json.RawMessage(form))
		}
	}
	return items
}

// TestMended: each call has one output, behind its response and before anything
// else; what is whole stays as it is; mending twice changes nothing.
func TestMended(t *testing.T) {
	for in, want := range map[string]string{
		"u r c1 c2 o1 o2 r c3 o3 a u":    "u r c1 c2 o1 o2 r c3 o3 a u",
		"u c1 o1 c2 o2 a":                "u c1 o1 c2 o2 a",
		"u a c1 a c2 o1 o2":              "u a c1 a c2 o1 o2",
		"u c1":                           "u c1 l1",
		"u c1 xx2 o1":                    "u c1 xx2 o1 lx2",
		"u c1 c2 o1 u a":                 "u c1 c2 o1 l2 u a",
		"u c1 d u a":                     "u c1 l1 d u a",
		"u c1 u a o1 u":                  "u c1 o1 u a u",
		"u c1 c2 o2 u o1":                "u c1 c2 o2 o1 u",
		"u o1 a":                         "u a",
		"o1 u c1 o1 a":                   "u c1 o1 a",
		"u c1 o1 o1 a":                   "u c1 o1 a",
		"u s1 a u":                       "u s1 a l1 u",
		"u s o1 a":                       "u s a",
		"u c1 o1 u c1 o1 u c1 a u":       "u c1 o1 u c1 o1 u c1 a l1 u",
		"u c1 c2 o1 a c3 o3 u":           "u c1 c2 o1 l2 a c3 o3 u",
		"u c1 c2 u c3 u o1 o2 o3 u c4 u": "u c1 c2 o1 o2 u c3 o3 u u c4 l4 u",
	} {
		got := mended(itemsOf(in), make(map[CallID]bool), unknownCut)
		if diff := cmp.Diff(texts(itemsOf(want)), texts(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
		if diff := cmp.Diff(texts(got), texts(mended(got, make(map[CallID]bool), unknownCut))); diff != "" {
			t.Errorf("%s, twice (-once +twice):\n%s", in, diff)
		}
	}
}

func texts(items []json.RawMessage) (list []string) {
	for _, item := range items {
		list = append(list, string(item))
	}
	return list
}
