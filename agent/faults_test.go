package agent

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

var (
	wellThen = modeltest.Says(modeltest.Text("well then"))
	again    = modeltest.Says(modeltest.Text("again"))
)

// many is the same turn n times.
func many(n int, turn modeltest.Turn) []modeltest.Turn {
	turns := make([]modeltest.Turn, n)
	for i := range turns {
		turns[i] = turn
	}
	return turns
}

// A fault is a way in which a provider fails, and how the turn takes it.
type fault struct {
	name    string
	turns   []modeltest.Turn // of the first prompt
	refused int
	fails   string        // what its error says; "" for a good end
	retries []string      // how each wait for a retry begins
	least   time.Duration // that the turn takes
}

func faults() []fault {
	const limitReached = `{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_in_seconds":7200}}`
	html := modeltest.Turn{Status: 200, Body: "<html>", Header: http.Header{"Content-Type": {"text/html"}}}
	object := modeltest.Turn{Status: 200, Body: `{"detail":"use stream"}`, Header: http.Header{"Content-Type": {"application/json"}}}
	failed := func(code, message string) modeltest.Turn {
		return modeltest.Turn{Failed: modeltest.Failure{Code: code, Message: message}}
	}
	busy := modeltest.Turn{Status: 429, Header: http.Header{"Retry-After": {"60"}}}
	patient := modeltest.Turn{Status: 429, Header: http.Header{"Retry-After": {"3600"}}}
	return []fault{
		{name: "silence", turns: []modeltest.Turn{modeltest.Says(modeltest.Text("w"), modeltest.Stall()), wellThen},
			retries: []string{"retry 1 of 5: no word from OpenAI for 5m0s"}, least: 5 * time.Minute},
		{name: "silence before the first byte", turns: []modeltest.Turn{{Delay: time.Hour}, wellThen},
			retries: []string{"retry 1 of 4: no word from OpenAI for 5m0s"}, least: 5 * time.Minute},
		{name: "a drop now and then", turns: []modeltest.Turn{modeltest.Says(modeltest.Text("w"), modeltest.Drip(4*time.Minute)), wellThen},
			retries: []string{"retry 1 of 5: OpenAI sent nothing whole for 30m0s"}, least: 30 * time.Minute},
		{name: "a drop now and then, and nothing else", turns: []modeltest.Turn{modeltest.Says(modeltest.Drip(time.Second)), wellThen},
			retries: []string{"retry 1 of 5: OpenAI sent nothing whole for 30m0s"}, least: 30 * time.Minute},
		{name: "doubled events", turns: []modeltest.Turn{{Items: wellThen.Items, Twice: true}}},
		{name: "unreadable event", turns: []modeltest.Turn{modeltest.Says(modeltest.Event(`{"type":"resp`)), wellThen},
			retries: []string{`retry 1 of 5: the stream holds an unreadable event`}},
		{name: "unknown events", turns: []modeltest.Turn{modeltest.Says(
			modeltest.Event(`{"type":"response.invented","item":7}`), modeltest.Event(`[]`),
			modeltest.Text("well then"), modeltest.Raw(`{"type":"invention","id":"i1","x":[1]}`))}},
		{name: "no end of the response", turns: []modeltest.Turn{{Items: []modeltest.Item{modeltest.Text("half")}, Endless: true}, wellThen},
			retries: []string{"retry 1 of 5: the stream ended before the response was complete"}},
		{name: "always broken", turns: many(6, modeltest.Says(modeltest.Cut())),
			fails:   "before the response was complete",
			retries: []string{"retry 1 of 5: ", "retry 2 of 5: ", "retry 3 of 5: ", "retry 4 of 5: ", "retry 5 of 5: "}},
		{name: "always broken after a thought", turns: many(6, modeltest.Says(modeltest.Reasoning("hm", "sealed"), modeltest.Cut())),
			fails:   "before the response was complete",
			retries: []string{"retry 1 of 5: ", "retry 2 of 5: ", "retry 3 of 5: ", "retry 4 of 5: ", "retry 5 of 5: "}},
		{name: "429 with a time to wait", turns: []modeltest.Turn{busy, wellThen},
			retries: []string{"retry 1 of 5: OpenAI limits the rate of requests (429 Too Many Requests: scripted status 429); it resets at "}, least: time.Minute},
		{name: "429 with a time too long to wait", turns: []modeltest.Turn{patient}, fails: "(in 60 min)"},
		{name: "429 alone", turns: []modeltest.Turn{{Status: 429}}, fails: "limits the rate of requests"},
		{name: "usage limit", turns: []modeltest.Turn{modeltest.Refuses(429, limitReached)}, fails: "(in 2 h)\nwait until it resets, or set another model_provider"},
		{name: "quota", turns: []modeltest.Turn{modeltest.Refuses(429, `{"error":{"code":"insufficient_quota","message":"no"}}`)}, fails: "billing details"},
		{name: "500 once", turns: []modeltest.Turn{{Status: 500}, wellThen}, retries: []string{"retry 1 of 4: OpenAI failed (500 Internal Server Error"}},
		{name: "500 for ever", turns: many(30, modeltest.Turn{Status: 500}), fails: "OpenAI failed (500 Internal Server Error", retries: everyAttempt()},
		{name: "401", turns: []modeltest.Turn{{Status: 401}}, fails: "OPENAI_API_KEY to a valid key"},
		{name: "400", turns: []modeltest.Turn{modeltest.Refuses(400, `{"error":{"message":"no such tool type"}}`)}, fails: "no such tool type"},
		{name: "404", turns: []modeltest.Turn{{Status: 404}}, fails: "check base_url"},
		{name: "server_error", turns: []modeltest.Turn{failed("server_error", "sorry"), wellThen}, retries: []string{"retry 1 of 5: OpenAI failed (response failed: sorry)"}},
		{name: "rate limit in the stream", turns: []modeltest.Turn{failed("rate_limit_exceeded", "Please try again in 7.5s."), wellThen},
			retries: []string{"retry 1 of 5: OpenAI limits the rate"}, least: 7500 * time.Millisecond},
		{name: "out of output tokens", turns: []modeltest.Turn{{Items: []modeltest.Item{modeltest.Text("Once")}, Incomplete: "max_output_tokens"}}, fails: "its limit of output tokens"},
		{name: "content filter", turns: []modeltest.Turn{{Incomplete: "content_filter"}}, fails: "content filter"},
		{name: "connection refused", turns: []modeltest.Turn{wellThen}, refused: 3,
			retries: []string{"retry 1 of 4: cannot connect to model.test (connection refused)", "retry 2 of 4: ", "retry 3 of 4: "}},
		{name: "a web page", turns: []modeltest.Turn{html}, fails: "answered with a web page"},
		{name: "an object", turns: []modeltest.Turn{object}, fails: "not with a stream: use stream"},
	}
}

// TestFaults has a provider fail in every way, then asks once more: each turn
// ends as it should, says what it waits for, and leaves a history that the
// next turn can go on from. The scripted model refuses any other.
func TestFaults(t *testing.T) {
	for _, c := range faults() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, modeltest.Turns(append(c.turns, again)), nil)
				b.unplugged, b.fault = c.refused, syscall.ECONNREFUSED
				start := time.Now()
				res := askAndWait(t, b.Thread, "go")
				took, retries := time.Since(start), b.retries()
				if c.fails == "" && (res.Status != Completed || res.Answer != "well then") {
					t.Errorf("result %+v", res)
				}
				if c.fails != "" && (res.Status != Failed || !strings.Contains(res.Error, c.fails)) {
					t.Errorf("result %+v, want %q in its error", res, c.fails)
				}
				if took < c.least {
					t.Errorf("took %v, want at least %v", took, c.least)
				}
				if !begins(retries, c.retries) {
					t.Errorf("waits %q, want %q", retries, c.retries)
				}
				if res := askAndWait(t, b.Thread, "once more"); res.Status != Completed || res.Answer != "again" {
					t.Errorf("the next turn: %+v", res)
				}
			})
		})
	}
}

// TestRateLimitStorm: twenty refusals in a row, after a command has run. Each
// wait is named and as long as the provider asks for, each turn that gives up
// says why, and what has run does not run again.
func TestRateLimitStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := modeltest.Turn{Status: 429, Header: http.Header{"Retry-After": {"30"}}}
		script := modeltest.Turns{modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "make"}))}
		b := newBubble(t, append(append(script, many(20, busy)...), wellThen), nil)
		start, turns := time.Now(), 0
		for prompt := "go"; ; prompt = "go on" {
			res := askAndWait(t, b.Thread, prompt)
			if turns++; res.Status == Completed {
				if res.Answer != "well then" {
					t.Errorf("result %+v", res)
				}
				break
			}
			if !strings.Contains(res.Error, "limits the rate of requests") || turns > 20 {
				t.Fatalf("turn %d: %+v", turns, res)
			}
		}
		waits := len(b.retries())
		if n := len(b.model.Requests()); n != 22 || turns != 4 || waits != 17 {
			t.Errorf("%d requests and %d waits in %d turns, want 22 and 17 in 4", n, waits, turns)
		}
		if took := time.Since(start); took < time.Duration(waits)*30*time.Second {
			t.Errorf("it took %v", took)
		}
		if diff := cmp.Diff([]string{"make"}, b.runner.ran); diff != "" {
			t.Errorf("commands -want +got\n%s", diff)
		}
	})
}

// begins tells whether each text begins with its prefix.
func begins(texts, prefixes []string) bool {
	for i := range texts {
		if i >= len(prefixes) || !strings.HasPrefix(texts[i], prefixes[i]) {
			return false
		}
	}
	return len(texts) == len(prefixes)
}

// everyAttempt is how the waits begin where six streams make five requests
// each: all attempts but the last are followed by one.
func everyAttempt() []string {
	var waits []string
	for stream := 1; stream <= 6; stream++ {
		for request := 1; request <= 4; request++ {
			waits = append(waits, fmt.Sprintf("retry %d of 4: ", request))
		}
		if stream < 6 {
			waits = append(waits, fmt.Sprintf("retry %d of 5: ", stream))
		}
	}
	return waits
}

// TestNoNetworkIsWaitedFor stays without a network for hours. When it is back,
// the stream breaks, which is a first failure then and no last one.
func TestNoNetworkIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, modeltest.Turns{modeltest.Says(modeltest.Cut()), wellThen}, nil)
		b.unplugged = 1000
		start := time.Now()
		if res := askAndWait(t, b.Thread, "go"); res.Answer != "well then" {
			t.Fatalf("result %+v", res)
		}
		if took := time.Since(start); took < time.Hour {
			t.Errorf("a thousand failures took %v: that is knocking too often", took)
		}
		retries := b.retries()
		if len(retries) != 1001 || !strings.HasPrefix(retries[1000], "retry 1 of 5: ") {
			t.Errorf("%d waits were named, want one per failure; the last is %q", len(retries), retries[len(retries)-1])
		}
	})
}

// A provider whose every stream breaks after a call gets somewhere each time,
// and nowhere in all.
func TestStreamsThatBreakAfterCallsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, modeltest.Func(func(r modeltest.Request) []modeltest.Item {
			return []modeltest.Item{modeltest.CallAs(fmt.Sprint("c", r.Turn), "exec_command", map[string]any{"cmd": "true"}), modeltest.Cut()}
		}), nil)
		res := askAndWait(t, b.Thread, "go")
		if n := len(b.model.Requests()); res.Status != Failed || n != maxBreaks {
			t.Errorf("%d requests, result %+v", n, res)
		}
	})
}

// What nobody watches does not wait for a network, and a machine that is there
// without a server is no missing network.
func TestNoNetworkEndsATurn(t *testing.T) {
	for fault, unattended := range map[syscall.Errno]bool{syscall.ENETUNREACH: true, syscall.ECONNREFUSED: false} {
		synctest.Test(t, func(t *testing.T) {
			b := newBubble(t, modeltest.Turns{}, nil)
			b.unplugged, b.fault, b.agent.unattended = 1000, fault, unattended
			start := time.Now()
			res := askAndWait(t, b.Thread, "go")
			if res.Status != Failed || !strings.Contains(res.Error, "cannot connect to model.test ("+fault.Error()+")") {
				t.Errorf("%v: result %+v", fault, res)
			}
			if took := time.Since(start); took > 2*time.Minute {
				t.Errorf("%v: gave up after %v", fault, took)
			}
		})
	}
}

// TestThoughtWithoutSequelIsNotSentBack: providers refuse a history in which a
// reasoning item is not followed by what it led to.
func TestThoughtWithoutSequelIsNotSentBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, modeltest.Turns{
			modeltest.Says(modeltest.Reasoning("first", "kept"), modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "make"}),
				modeltest.Reasoning("second", "lost"), modeltest.Cut()),
			modeltest.Says(modeltest.Reasoning("third", "kept too"), modeltest.Text("well then")),
			again,
		}, nil)
		askAndWait(t, b.Thread, "go")
		askAndWait(t, b.Thread, "once more")
		body := string(b.model.Requests()[2].Body)
		for sealed, want := range map[string]bool{"kept": true, "lost": false, "kept too": true} {
			if got := strings.Contains(body, `"encrypted_content":"`+sealed+`"`); got != want {
				t.Errorf("%q is sent back: %v, want %v", sealed, got, want)
			}
		}
		if len(b.runner.ran) != 1 {
			t.Errorf("ran %q", b.runner.ran)
		}
	})
}

// TestStreamsThatGetSomewhereAreNotCounted: each response makes a call before
// it breaks, which is answered in the next. That is not the same failure again.
func TestStreamsThatGetSomewhereAreNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var script modeltest.Turns
		var want []string
		for i := range 12 { // more than the retries that one response has
			cmd := fmt.Sprintf("make part%d", i)
			want = append(want, cmd)
			script = append(script, modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": cmd}), modeltest.Cut()))
		}
		b := newBubble(t, append(script, wellThen), nil)
		if res := askAndWait(t, b.Thread, "go"); res.Answer != "well then" {
			t.Errorf("result %+v", res)
		}
		if diff := cmp.Diff(want, b.runner.ran); diff != "" {
			t.Errorf("commands -want +got\n%s", diff)
		}
	})
}

// TestWaitForARetryIsInterrupted ends a turn in the middle of a long wait.
func TestWaitForARetryIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := modeltest.Turn{Status: 429, Header: http.Header{"Retry-After": {"100"}}}
		b := newBubble(t, modeltest.Turns{busy, again}, nil)
		id, err := b.Ask(Input{Text: "go"})
		if err != nil {
			t.Fatal(err)
		}
		for wait[Waiting](t, b.peer).Reason != WaitLimit {
		}
		start := time.Now()
		b.Interrupt()
		res, err := b.Wait(t.Context(), id)
		if err != nil || res.Status != Interrupted {
			t.Errorf("%+v %v", res, err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the interrupt took %v of the wait", took)
		}
		if res := askAndWait(t, b.Thread, "once more"); res.Answer != "again" {
			t.Errorf("the next turn: %+v", res)
		}
	})
}

// persistent is a model that wants a command run, a file patched and a word
// said, and asks again for what it has no output of. Its first response
// befalls what first says.
func persistent(first modeltest.Turn) modeltest.Script {
	return reactive(func(r modeltest.Request) modeltest.Turn {
		turn := modeltest.Turn{}
		if r.Turn == 1 {
			turn = first
		}
		turn.Items = []modeltest.Item{modeltest.Reasoning("what is missing", "sealed")}
		if _, ran := r.Output("c1"); !ran {
			turn.Items = append(turn.Items, modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "make"}))
		}
		if _, ran := r.Output("c2"); !ran {
			turn.Items = append(turn.Items, modeltest.CustomAs("c2", "apply_patch", fixPatch))
		}
		if len(turn.Items) == 1 || r.Turn == 1 {
			turn.Items = append(turn.Items, modeltest.Text("it is ", "d\u00f4ne \u8a9e"))
		}
		return turn
	})
}

type reactive func(modeltest.Request) modeltest.Turn

func (f reactive) Turn(r modeltest.Request) (modeltest.Turn, error) { return f(r), nil }

// TestBrokenAnywhere breaks the first response after every so many bytes, on
// either wire, by a cut and by silence. Wherever it breaks, the command runs
// once, the patch is applied once, and the turn comes to its end.
func TestBrokenAnywhere(t *testing.T) {
	step := 127 // bytes: a few places in each event
	if os.Getenv("FAULTS") == "long" {
		step = 1
	}
	for _, wire := range []string{"responses", "chat"} {
		for how, at := range map[string]func(int) modeltest.Turn{
			"cut":     func(n int) modeltest.Turn { return modeltest.Turn{CutAfter: n} },
			"silence": func(n int) modeltest.Turn { return modeltest.Turn{StallAfter: n} },
		} {
			t.Run(wire+"/"+how, func(t *testing.T) {
				places := 0
				for n := 1; brokenAt(t, wire, at(n), n); n += step {
					places++
				}
				if places < 10 {
					t.Errorf("broken at %d places only", places)
				}
			})
		}
	}
}

// TestDoubledEventsRunNothingTwice: the same conversation, each event of it
// sent twice.
func TestDoubledEventsRunNothingTwice(t *testing.T) {
	if brokenAt(t, "responses", modeltest.Turn{Twice: true}, 0) {
		t.Error("doubled events broke the stream")
	}
}

// brokenAt plays one conversation and tells whether it was broken at all.
func brokenAt(t *testing.T, wire string, first modeltest.Turn, n int) (broken bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, persistent(first), func(c *config.Config) { c.Provider.Wire = wire })
		file := filepath.Join(b.Cwd(), "a.txt")
		b.peer.files[file] = "one\ntwo\n"
		res := askAndWait(t, b.Thread, "go")
		if res.Status != Completed || res.Answer != "it is d\u00f4ne \u8a9e" {
			t.Errorf("after %d bytes: result %+v", n, res)
		}
		if diff := cmp.Diff([]string{"make"}, b.runner.ran); diff != "" {
			t.Errorf("after %d bytes: commands -want +got\n%s", n, diff)
		}
		if got := b.peer.files[file]; got != "ONE\ntwo\n" {
			t.Errorf("after %d bytes: the file is %q", n, got)
		}
		if edits := changesOf(b.peer); edits != 1 {
			t.Errorf("after %d bytes: the patch was tried %d times", n, edits)
		}
		retries := len(b.retries())
		if retries > 1 {
			t.Errorf("after %d bytes: waits %q", n, b.retries())
		}
		broken = retries > 0
	})
	return broken
}

// changesOf counts the patches that the peer saw begin.
func changesOf(p *peer) int {
	n := 0
	for _, e := range of[ItemStarted](p) {
		if e.Item.Type == FileChangeItem {
			n++
		}
	}
	return n
}
