package model

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
)

// mendArguments makes out what a model meant by arguments that are no JSON
// object: fenced, quoted once more, doubled, or with a remark behind. What it
// cannot make out stays as it is, for the model to be told.
func mendArguments(s string) string {
	t := strings.TrimSpace(s)
	if t == "" {
		return "{}"
	}
	if json.Valid([]byte(t)) {
		var inner string
		if json.Unmarshal([]byte(t), &inner) == nil && isObject(inner) {
			return strings.TrimSpace(inner)
		}
		return s
	}
	if inner, ok := unfence(t); ok && isObject(inner) {
		return inner
	}
	var first json.RawMessage
	d := json.NewDecoder(strings.NewReader(t))
	if d.Decode(&first) != nil || !isObject(string(first)) {
		return s
	}
	tail := strings.TrimSpace(t[d.InputOffset():])
	if strings.Contains(tail, "{") && !strings.HasPrefix(tail, string(first)) {
		return s // another object: which one was meant?
	}
	return string(first)
}

// mendName takes off what templates leave around a name: "functions.run",
// "run<|channel|>json".
func mendName(s string, tools []Tool) string {
	name, _, _ := strings.Cut(strings.TrimSpace(s), "<|")
	if i := strings.LastIndexByte(name, '.'); i >= 0 && offered(tools, name) == nil && offered(tools, name[i+1:]) != nil {
		name = name[i+1:]
	}
	return name
}

func isObject(s string) bool {
	s = strings.TrimSpace(s)
	return strings.HasPrefix(s, "{") && json.Valid([]byte(s))
}

var fence = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?s)^```[a-zA-Z_]*[ \t]*\r?\n?(.*?)\r?\n?[ \t]*```$")
})

// unfence takes a Markdown code fence off a text that is nothing else.
func unfence(s string) (inner string, ok bool) {
	m := fence().FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return s, false
	}
	return strings.TrimSpace(m[1]), true
}

// freeText is the input of a custom tool out of the arguments of the function
// that stands in for it: the argument input, the only argument there is, or
// what came in place of arguments.
func freeText(arguments string) string {
	var s string
	if json.Unmarshal([]byte(arguments), &s) == nil {
		return s
	}
	var fields map[string]any
	if json.Unmarshal([]byte(arguments), &fields) != nil {
		if inner, ok := unfence(arguments); ok {
			return inner
		}
		return arguments
	}
	if s, ok := fields["input"].(string); ok {
		return s
	}
	for _, v := range fields {
		if s, ok := v.(string); ok && len(fields) == 1 {
			return s
		}
	}
	return arguments
}

// Ways in which open models write a call into their text, where the server
// does not read it out of there.
var (
	tagged     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)<tool_call>(.*?)(?:</tool_call>|$)`) })
	bracketed  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)\[TOOL_CALLS\]\s*(\[.*\])\s*$`) })
	lastFenced = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?s)(?:^|\n)```[a-zA-Z_]*[ \t]*\r?\n([^`]*?)\r?\n?```\\s*$")
	})
	xmlCall = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)<function=([^>\s]+)>(.*?)(?:</function>|$)`) })
	xmlArg  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?s)<parameter=([^>\s]+)>\n?(.*?)\n?(?:</parameter>|$)`)
	})
)

// writtenCalls reads the calls of offered tools that end a text, and returns
// the text without them. A call in the middle of an answer is an example.
func writtenCalls(text string, tools []Tool) (rest string, calls []*chatCall) {
	if blocks := tagged().FindAllStringSubmatchIndex(text, -1); blocks != nil {
		for _, b := range blocks {
			calls = append(calls, readCalls(text[b[2]:b[3]], tools)...)
		}
		if len(calls) == len(blocks) && strings.TrimSpace(text[blocks[len(blocks)-1][1]:]) == "" {
			return strings.TrimSpace(text[:blocks[0][0]]), calls
		}
		return text, nil
	}
	for _, form := range []*regexp.Regexp{bracketed(), lastFenced()} {
		if m := form.FindStringSubmatchIndex(text); m != nil {
			if calls := readCalls(text[m[2]:m[3]], tools); calls != nil {
				return strings.TrimSpace(text[:m[0]]), calls
			}
		}
	}
	if calls := readCalls(text, tools); calls != nil {
		return "", calls
	}
	return text, nil
}

// readCalls reads a text that is a call, or a list of calls, and nothing else.
func readCalls(text string, tools []Tool) []*chatCall {
	text = strings.TrimSpace(text)
	if m := xmlCall().FindStringSubmatch(text); m != nil && strings.HasPrefix(text, "<function=") && offered(tools, m[1]) != nil {
		return []*chatCall{written(m[1], xmlArguments(m[2], offered(tools, m[1])))}
	}
	var list []json.RawMessage
	if json.Unmarshal([]byte(text), &list) != nil {
		list = []json.RawMessage{json.RawMessage(text)}
	}
	var calls []*chatCall
	for _, raw := range list {
		var c struct {
			Name       string          `json:"name"`
			Arguments  json.RawMessage `json:"arguments"`
			Parameters json.RawMessage `json:"parameters"`
		}
		if json.Unmarshal(raw, &c) != nil || offered(tools, c.Name) == nil || c.Arguments == nil && c.Parameters == nil {
			return nil
		}
		calls = append(calls, written(c.Name, string(c.Arguments)+string(c.Parameters)))
	}
	return calls
}

func written(name, arguments string) *chatCall {
	c := &chatCall{name: name}
	c.arguments.WriteString(arguments)
	return c
}

// xmlArguments makes JSON of arguments in tags, by the types of the schema.
func xmlArguments(body string, t *Tool) string {
	var schema struct {
		Properties map[string]struct {
			Type any `json:"type"`
		} `json:"properties"`
	}
	_ = json.Unmarshal(t.Parameters, &schema) // without one all are strings
	fields := make(map[string]any)
	for _, m := range xmlArg().FindAllStringSubmatch(body, -1) {
		fields[m[1]] = m[2]
		if typ := schema.Properties[m[1]].Type; typ != nil && typ != "string" && json.Valid([]byte(m[2])) {
			fields[m[1]] = json.RawMessage(m[2])
		}
	}
	return string(encode(fields))
}
