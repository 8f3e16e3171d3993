package modeltest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(int) { http.DefaultTransport.(*http.Transport).CloseIdleConnections() }))
}

// post sends a Responses request of thread th with this input.
func post(t *testing.T, s *Server, input string) (status int, body string) {
	t.Helper()
	return send(t, s.URL+"/responses", `{"model":"m","prompt_cache_key":"th","input":`+input+`}`)
}

func send(t *testing.T, url, body string) (status int, answer string) {
	t.Helper()
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// A recorder is a T that only remembers.
type recorder struct {
	errors   []string
	cleanups []func()
}

func (r *recorder) Helper()           {}
func (r *recorder) Cleanup(f func())  { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
func (r *recorder) Error(args ...any) { r.errors = append(r.errors, fmt.Sprintln(args...)) }

// end does what the test framework does at a test's end.
func (r *recorder) end() string {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
	return strings.Join(r.errors, "")
}

const (
	askHi = `{"type":"message","role":"user","content":"hi"}`
	aCall = `{"type":"function_call","call_id":"a"}`
	anOut = `{"type":"function_call_output","call_id":"a","output":"x"}`
)

func TestBadRequestsAreRefused(t *testing.T) {
	callB, outB := strings.Replace(aCall, `"a"`, `"b"`, 1), strings.Replace(anOut, `"a"`, `"b"`, 1)
	tests := []struct {
		name  string
		input []string
		want  string // "" for a good one
	}{
		{"good", []string{askHi, aCall, anOut}, ""},
		{"good, side by side", []string{askHi, aCall, callB, anOut, outB}, ""},
		{"nothing", nil, "no input"},
		{"no output", []string{askHi, aCall}, `no tool output found for call "a"`},
		{"no output of the second", []string{askHi, aCall, callB, anOut}, `no tool output found for call "b"`},
		{"no call", []string{askHi, anOut}, `no tool call found for output with call_id "a"`},
		{"call twice", []string{askHi, aCall, anOut, aCall, anOut}, `call id "a" appears twice`},
		{"output twice", []string{askHi, aCall, anOut, anOut}, `a second output for call "a"`},
		{"other order", []string{askHi, aCall, callB, outB, anOut}, `output 1 is of call "b", want that of "a"`},
		{"no id", []string{askHi, `{"type":"custom_tool_call"}`}, "a call without call_id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rec recorder
			s := Serve(&rec, Says(Text("ok")))
			status, body := post(t, s, "["+strings.Join(tt.input, ",")+"]")
			failure := rec.end()
			if tt.want == "" {
				if status != 200 || failure != "" {
					t.Errorf("status %d, failure %q", status, failure)
				}
				return
			}
			var e struct{ Error struct{ Message string } }
			if json.Unmarshal([]byte(body), &e) != nil || status != 400 || e.Error.Message != "request 1: "+tt.want {
				t.Errorf("status %d, body %s, want 400 and %q", status, body, tt.want)
			}
			if !strings.Contains(failure, tt.want) {
				t.Errorf("the test is told %q", failure)
			}
		})
	}
}

func TestChatPairsAreChecked(t *testing.T) {
	for messages, want := range map[string]string{
		`[{"role":"assistant","tool_calls":[{"id":"a"}]},{"role":"tool","tool_call_id":"a","content":"x"}]`: "",
		`[{"role":"assistant","tool_calls":[{"id":"a"}]}]`:                                                  `no tool output found for call "a"`,
	} {
		var rec recorder
		s := Serve(&rec, Says(Text("ok")))
		send(t, s.URL+"/chat/completions", `{"model":"m","messages":`+messages+`}`)
		if got := rec.end(); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", messages, got, want)
		}
	}
}

func TestRewritingAThreadIsRefused(t *testing.T) {
	var rec recorder
	s := ServeScript(&rec, Func(func(Request) []Item { return []Item{Text("ok")} }))
	post(t, s, "["+askHi+","+askHi+"]")
	if status, _ := post(t, s, "["+askHi+","+askHi+","+aCall+","+anOut+"]"); status != 200 {
		t.Errorf("going on: status %d", status)
	}
	other := strings.Replace(askHi, `"hi"`, `"ho"`, 1)
	if status, body := post(t, s, "["+askHi+","+other+","+aCall+","+anOut+"]"); status != 400 || !strings.Contains(body, "input item 1 was") {
		t.Errorf("another item: status %d, %s", status, body)
	}
	if status, body := post(t, s, "["+askHi+"]"); status != 400 || !strings.Contains(body, "input has 1 items, the last request of this thread had 4") {
		t.Errorf("fewer items: status %d, %s", status, body)
	}
	s.Forget("th")
	if status, _ := post(t, s, "["+askHi+"]"); status != 200 {
		t.Errorf("after Forget: status %d", status)
	}
	rec.end()
}

func TestScriptsThatDoNotFit(t *testing.T) {
	var rec recorder
	s := Serve(&rec, Says(Text("one")), Says(Text("two")))
	post(t, s, "["+askHi+"]")
	if got := rec.end(); !strings.Contains(got, "only 1 of 2 turns") {
		t.Errorf("a turn too many: %q", got)
	}
	rec = recorder{}
	s = Serve(&rec, Says(Text("one")))
	post(t, s, "["+askHi+"]")
	post(t, s, "["+askHi+"]")
	if got := rec.end(); !strings.Contains(got, `request 2: unexpected request: thread "th" has had all its 1 turns`) {
		t.Errorf("a request too many: %q", got)
	}
	rec = recorder{}
	s = Serve(&rec)
	if status, _ := send(t, s.URL+"/embeddings", "{}"); status != 400 {
		t.Errorf("status %d for another path", status)
	}
	if status, _ := send(t, s.URL+"/responses", "{"); status != 400 {
		t.Errorf("status %d for no JSON", status)
	}
	if got := rec.end(); !strings.Contains(got, "there is only POST") || !strings.Contains(got, "request body:") {
		t.Errorf("the test is told %q", got)
	}
}

func TestThreadsHaveTheirOwnTurns(t *testing.T) {
	s := Serve(t, Says(Text("first")), Says(Text("second")))
	for _, thread := range []string{"a", "b", "a", "b"} {
		send(t, s.URL+"/responses", `{"model":"m","prompt_cache_key":"`+thread+`","input":[`+askHi+`]}`)
	}
	var got []string
	for _, r := range s.Requests() {
		got = append(got, fmt.Sprint(r.N, r.Thread, r.Turn))
	}
	if diff := cmp.Diff([]string{"1a1", "2b1", "3a2", "4b2"}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestRequestIsReadable(t *testing.T) {
	s := Serve(t, Says())
	post(t, s, `[`+askHi+`,{"type":"custom_tool_call","call_id":"a"},{"type":"custom_tool_call_output","call_id":"a","output":[{"type":"input_text","text":"pa"},{"type":"input_text","text":"rts"}]},`+
		`{"type":"message","role":"user","content":[{"type":"input_text","text":"go on"}]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"ok"}]}]`)
	r := s.Requests()[0]
	output, ok := r.Output("a")
	if !ok || output != "parts" || r.Prompt() != "go on" || r.LastOutput() != "parts" || !r.Says("go") || r.Says("gone") {
		t.Errorf("output %q %t, prompt %q, last output %q", output, ok, r.Prompt(), r.LastOutput())
	}
	if _, ok := r.Output("b"); ok {
		t.Error("there is an output of no call")
	}
}

func TestGateHoldsTheStream(t *testing.T) {
	open := make(chan struct{})
	s := Serve(t, Says(Text("before"), Gate(open), Text("after")))
	resp, err := http.Post(s.URL+"/responses", "application/json", strings.NewReader(`{"model":"m","input":[`+askHi+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	opened := false
	for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
		switch line := sc.Text(); {
		case strings.Contains(line, "response.output_item.done") && strings.HasPrefix(line, "data:") && !opened:
			opened = true
			close(open)
		case strings.Contains(line, `"delta":"after"`) && opened:
			return
		case strings.Contains(line, `"delta":"after"`):
			t.Fatal("the gate let something through")
		}
	}
	t.Fatal("the stream ended early")
}

func TestCloseEndsWhatIsStalled(t *testing.T) {
	s, err := Start(Turns{Says(Text("x"), Stall())})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(s.URL+"/responses", "application/json", strings.NewReader(`{"model":"m","input":[`+askHi+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	s.Close() // returns once the handler has
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the stalled stream ended well")
	}
}

func TestStallAfterBytes(t *testing.T) {
	s, err := Start(Turns{{Items: []Item{Text("hello")}, StallAfter: 10}})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(s.URL+"/responses", "application/json", strings.NewReader(`{"model":"m","input":[`+askHi+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if b, err := io.ReadAll(resp.Body); err == nil || len(b) > 0 {
		t.Errorf("after the stall came %q, %v", b, err)
	}
}

// Both wires can be cut at any byte.
func TestCutAfterBytes(t *testing.T) {
	for _, path := range []string{"/responses", "/chat/completions"} {
		for _, n := range []int{1, 10, 200} {
			s := Serve(t, Turn{Items: []Item{Text("hello")}, CutAfter: n})
			resp, err := http.Post(s.URL+path, "application/json", strings.NewReader(`{"model":"m","input":[`+askHi+`],"messages":[{"role":"user","content":"hi"}]}`))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err == nil || len(b) != n {
				t.Errorf("%s cut after %d: %d bytes, %v", path, n, len(b), err)
			}
		}
	}
}

func TestPieces(t *testing.T) {
	for _, s := range []string{"", "a", "hello world", "äöü€𝄞äöü€𝄞"} {
		for n := 1; n < 10; n++ {
			got := pieces(s, n)
			if strings.Join(got, "") != s || len(got) > n {
				t.Errorf("pieces(%q, %d) = %q", s, n, got)
			}
			for _, p := range got {
				if strings.ToValidUTF8(p, "") != p {
					t.Errorf("pieces(%q, %d) cuts a rune: %q", s, n, got)
				}
			}
		}
	}
}

// TestHangUpInARequest: who leaves in the middle of a request has said nothing
// that could be wrong; one that is sent whole and is no JSON has.
func TestHangUpInARequest(t *testing.T) {
	s, err := Start(Turns{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for body, length := range map[string]int{`{"input": [`: 100, `{"input":[]`: 11} {
		conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(s.URL, "http://"), "/v1"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", length, body)
		conn.(*net.TCPConn).CloseWrite()
		answer, _ := io.ReadAll(conn)
		conn.Close()
		whole := length == len(body)
		if said := strings.Contains(string(answer), "request body"); said != whole {
			t.Errorf("%q of %d bytes is answered %q", body, length, answer)
		}
	}
	if err := s.Err(); err == nil || strings.Contains(err.Error(), "EOF") {
		t.Errorf("noted: %v", err)
	}
}
