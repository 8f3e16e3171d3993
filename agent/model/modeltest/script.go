package modeltest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// A Script decides what the model says to a request. An error is a request
// that should not have come: it is refused, and kept for [Server.Err].
type Script interface {
	Turn(Request) (Turn, error)
}

// Turns is a script: the nth request of each thread gets the nth turn.
type Turns []Turn

// Turn implements [Script].
func (ts Turns) Turn(r Request) (Turn, error) {
	if r.Turn > len(ts) {
		return Turn{}, fmt.Errorf("unexpected request: thread %q has had all its %d turns", r.Thread, len(ts))
	}
	return ts[r.Turn-1], nil
}

// A Func is a script that makes the items of a turn from what it is asked.
type Func func(Request) []Item

// Turn implements [Script].
func (f Func) Turn(r Request) (Turn, error) { return Turn{Items: f(r)}, nil }

// A Turn is one response of the model, or a failure to give one.
type Turn struct {
	Items []Item
	Usage Usage // zero: made up from the sizes of request and response

	Header http.Header   // added to the response's
	Delay  time.Duration // before the first byte
	Pace   time.Duration // between the pieces of a text

	// Status answers with this HTTP status and Body in place of a stream. An
	// empty Body is an error object that names the status.
	Status int
	Body   string

	CutAfter   int     // drop the connection after so many bytes of the stream; 0 never
	StallAfter int     // say nothing more after so many bytes, until the client leaves; 0 never
	Twice      bool    // send every event twice
	Failed     Failure // end with response.failed, if its Code is set
	Incomplete string  // end with response.incomplete for this reason, if set
	Endless    bool    // leave out the end of the response, close in good order
}

// A Failure is the error object of response.failed.
type Failure struct{ Code, Message string }

// Usage counts the tokens that a turn claims to have used.
type Usage struct{ Input, Cached, CacheWrite, Output, Reasoning int64 }

// Says is the turn that says these items.
func Says(items ...Item) Turn { return Turn{Items: items} }

// Refuses is the turn that answers with a status and a body instead.
func Refuses(status int, body string) Turn { return Turn{Status: status, Body: body} }

// An Item is one step of a response: an output item, or something that befalls
// the stream at this point.
type Item interface{ play(voice) }

// A voice utters items on one of the two wires.
type voice interface {
	text(deltas []string)
	reasoning(r reasoning)
	call(c call)
	raw(item json.RawMessage)
	stream() *stream
}

type (
	text []string
	call struct {
		custom          bool
		id, name, input string
	}
	reasoning struct{ summary, encrypted string }
	verbatim  json.RawMessage
	event     string
	gate      <-chan struct{}
	cut       struct{}
	stall     struct{}
	drip      time.Duration
)

// Text is a message, sent in these pieces.
func Text(deltas ...string) Item { return text(deltas) }

// Call is a function call. A string is sent as it is, so that arguments may
// be malformed; anything else as its JSON.
func Call(name string, arguments any) Item { return CallAs("", name, arguments) }

// CallAs is [Call] with a call id of one's own.
func CallAs(id, name string, arguments any) Item {
	return call{id: id, name: name, input: encode(arguments)}
}

// Custom is a call of a custom tool, with free text as its input.
func Custom(name, input string) Item { return CustomAs("", name, input) }

// CustomAs is [Custom] with a call id of one's own.
func CustomAs(id, name, input string) Item {
	return call{custom: true, id: id, name: name, input: input}
}

// Reasoning is a reasoning item: a summary to show, and content that only the
// provider can read.
func Reasoning(summary, encrypted string) Item { return reasoning{summary, encrypted} }

// Raw is an output item byte for byte. The Chat wire knows no such thing and
// leaves it out.
func Raw(item string) Item { return verbatim(item) }

// Event is the data of one event, byte for byte and well-formed or not.
func Event(data string) Item { return event(data) }

// Gate holds the stream until the channel is closed or the client leaves.
func Gate(open <-chan struct{}) Item { return gate(open) }

// Cut drops the connection here.
func Cut() Item { return cut{} }

// Stall says nothing from here on, until the client leaves.
func Stall() Item { return stall{} }

// Drip sends nothing but the bytes of a comment from here on, one at a time with
// so much between, until the client leaves.
func Drip(between time.Duration) Item { return drip(between) }

func (t text) play(v voice)      { v.text(t) }
func (c call) play(v voice)      { v.call(c) }
func (r reasoning) play(v voice) { v.reasoning(r) }
func (i verbatim) play(v voice)  { v.raw(json.RawMessage(i)) }
func (e event) play(v voice)     { v.stream().send("", string(e)) }
func (cut) play(v voice)         { v.stream().drop() }
func (stall) play(v voice)       { v.stream().hush() }
func (d drip) play(v voice)      { v.stream().drip(time.Duration(d)) }
func (g gate) play(v voice)      { v.stream().wait(g) }

// encode turns arguments into the text that goes on the wire.
func encode(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("modeltest: arguments %v: %v", v, err)) // a mistake in the script
	}
	return string(b)
}
