package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp"
	"codex-lsp/lsp/lsptest"
)

// What a user does with a prompt, and what befalls a session.
const (
	atOnce  = "at once" // from inside the client's read loop
	late    = "late"
	twice   = "twice" // yes, then no, for the same prompt
	null    = "null"
	failure = "error"
	unknown = "unknown title"
	never   = "never" // until somebody answers by command

	nothing    = "nothing"
	interrupt  = "interrupt"
	cancel     = "cancel"
	disconnect = "disconnect"
)

var (
	kinds  = []string{atOnce, late, twice, null, failure, unknown, never}
	events = []string{nothing, interrupt, cancel, disconnect}
	points = []string{"after asking", "at the first prompt", "half-way", "after the last answer"}
)

// TestSimulation plays SIM_SESSIONS sessions, 1,000 by default. A failure
// names its seed; SIM_SEED plays that one alone.
func TestSimulation(t *testing.T) {
	sessions, first := number(t, "SIM_SESSIONS", 1000), number(t, "SIM_SEED", 0)
	if first > 0 {
		sessions = 1
	}
	covered := make(map[string]int)
	var fake time.Duration
	lsptest.Bubble(t, func(t *testing.T) {
		start := time.Now()
		for seed := first; seed < first+sessions; seed++ {
			s := newSession(t, uint64(seed))
			s.play()
			s.check()
			s.cover(covered)
			if t.Failed() {
				return
			}
		}
		fake = time.Since(start)
	})
	t.Logf("%d sessions, %v of fake time", sessions, fake.Round(time.Second))
	const enough = 20 // times that each kind is seen at each point
	for _, key := range cells() {
		if covered[key] < enough && sessions >= 1000 {
			t.Errorf("%s: seen %d times, want %d", key, covered[key], enough)
		}
	}
}

func number(t *testing.T, name string, otherwise int) int {
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("%s=%q: %v", name, v, err)
	}
	return n
}

// A session is one seed: one prompt, one response with calls, their answers.
type session struct {
	t     *testing.T
	seed  uint64
	rnd   *rand.Rand
	kinds []string // by call
	yes   []bool   // by call: what the user says, where the kind leaves a choice
	event string
	point int
	many  bool // the client shows several prompts at a time

	client *client
	runner *commands
	agent  *agent.Agent
	cancel func()       // what the event does
	hangup func() error // closes the connection

	mu       sync.Mutex
	prompted int          // guarded by mu
	answered int          // guarded by mu
	said     map[int]bool // the answer that counts, by call; guarded by mu
	result   json.RawMessage
}

func newSession(t *testing.T, seed uint64) *session {
	r := rand.New(rand.NewPCG(seed, 14))
	s := &session{t: t, seed: seed, rnd: r, said: make(map[int]bool), many: r.IntN(2) == 0}
	for range []int{1, 2 + r.IntN(7), 9 + r.IntN(24)}[r.IntN(3)] {
		s.kinds = append(s.kinds, kinds[r.IntN(len(kinds))])
		s.yes = append(s.yes, r.IntN(2) == 0)
	}
	s.event, s.point = events[r.IntN(len(events))], r.IntN(len(points))
	s.runner = &commands{takes: time.Duration(r.IntN(30)) * time.Millisecond, ran: make(map[string]int)}
	return s
}

func script(call int) string { return fmt.Sprintf("run-%d", call) }

// play goes from initialize to the end of the connection.
func (s *session) play() {
	var calls []modeltest.Item
	for i := range s.kinds {
		calls = append(calls, modeltest.CallAs(fmt.Sprintf("c%d", i), "exec_command", map[string]any{"cmd": script(i)}))
	}
	m := modeltest.New(modeltest.Turns{modeltest.Says(calls...), modeltest.Says(modeltest.Text("done"))})
	defer m.Close()
	c := &config.Config{
		Model: "gpt-5.5", Approval: config.OnRequest, Sandbox: config.WorkspaceWrite, Home: s.t.TempDir(),
		Provider: config.Provider{ID: "sim", Name: "sim", BaseURL: "http://model/v1", Key: "k", Wire: "responses", StreamTimeout: time.Hour},
	}
	log := slog.New(slog.DiscardHandler)
	s.agent = agent.New(agent.Options{Config: func(string) (*config.Config, error) { return c, nil }, Log: log, Transport: wire{m}, Runner: s.runner})
	defer s.agent.Close()

	here, there := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- lsp.Serve(context.Background(), there, lsp.Options{Agent: s.agent, Log: log}) }()
	s.client, s.hangup = newClient(here, s.receive), here.Close
	go s.client.read()
	s.converse()
	here.Close()
	<-served
	if err := m.Err(); err != nil {
		s.fail("the model refused: %v", err)
	}
}

func (s *session) converse() {
	name := "Helix"
	if s.many {
		name = "Visual Studio Code"
	}
	_, ready := s.client.call("initialize", fmt.Sprintf(
		`{"processId":null,"clientInfo":{"name":%q},"rootUri":"file:///w","capabilities":{"window":{"workDoneProgress":true,"showMessage":{}}}}`, name))
	<-ready
	s.client.notify("initialized", "{}")

	const id = 2 // of the ask, after initialize
	gone := make(chan struct{})
	var asked <-chan json.RawMessage
	s.cancel = sync.OnceFunc(func() {
		switch s.event {
		case interrupt:
			s.client.execute("codex.interrupt", "{}")
		case cancel:
			s.client.notify("$/cancelRequest", fmt.Sprintf(`{"id":%d}`, id))
		case disconnect:
			s.hangup()
			close(gone)
		}
	})
	if got, reply := s.client.call("workspace/executeCommand", `{"command":"codex.ask","arguments":[{"prompt":"go","wait":true}]}`); got == id {
		asked = reply
	}
	s.reach("after asking")
	toolong := time.After(24 * time.Hour)
	for {
		select {
		case s.result = <-asked:
			time.Sleep(time.Second) // a cancelled request is answered before its turn has ended
			if open := s.agent.Ledger().Pending(""); len(open) > 0 && s.event != disconnect {
				s.fail("the turn ended with %d questions open", len(open))
			}
			return
		case <-gone:
			return
		case <-time.After(5 * time.Minute):
			s.answerByCommand()
		case <-toolong:
			s.fail("nothing ends the turn")
			return
		}
	}
}

// reach lets the event happen if this is its point.
func (s *session) reach(point string) {
	if points[s.point] == point {
		go s.cancel() // the read loop must not wait for the server here
	}
}

var scriptName = regexp.MustCompile(`run-(\d+)`)

// receive is the client's read loop.
func (s *session) receive(m message) {
	switch {
	case m.Method == "window/showMessageRequest":
		call, err := strconv.Atoi(scriptName.FindStringSubmatch(string(m.Params))[1])
		if err != nil {
			panic(err)
		}
		s.mu.Lock()
		s.prompted++
		first := s.prompted == 1
		s.mu.Unlock()
		if first {
			s.reach("at the first prompt")
		}
		s.react(call, m.ID)
	case m.ID != nil:
		s.client.answer(m.ID, "null")
	}
}

// react does with a prompt what its call's kind says.
func (s *session) react(call int, prompt json.RawMessage) {
	title := map[bool]string{true: `{"title":"Approve"}`, false: `{"title":"Decline"}`}
	switch s.kinds[call] {
	case atOnce:
		s.say(call, s.yes[call])
		s.client.answer(prompt, title[s.yes[call]])
	case late:
		time.AfterFunc(time.Duration(1+call*7%50)*time.Millisecond, func() {
			s.say(call, s.yes[call])
			s.client.answer(prompt, title[s.yes[call]])
		})
	case twice:
		s.say(call, true)
		s.client.answer(prompt, title[true])
		s.client.answer(prompt, title[false])
	case null:
		s.say(call, false)
		s.client.answer(prompt, "null")
	case failure:
		s.say(call, false)
		s.client.refuse(prompt)
	case unknown:
		s.say(call, false)
		s.client.answer(prompt, `{"title":"approve"}`)
	}
}

// say notes the first answer to a call: the one that counts.
func (s *session) say(call int, yes bool) {
	s.mu.Lock()
	if _, again := s.said[call]; !again {
		s.said[call] = yes
		s.answered++
	}
	half, all := s.answered == (len(s.kinds)+1)/2, s.answered == len(s.kinds)
	s.mu.Unlock()
	if half {
		s.reach("half-way")
	}
	if all {
		s.reach("after the last answer")
	}
}

// answerByCommand answers what was put to the user and never answered, the
// way a second surface does.
func (s *session) answerByCommand() {
	var open []agent.Question
	raw := <-s.client.execute("codex.listApprovals", "{}")
	if err := json.Unmarshal(raw, &open); err != nil && s.event == nothing {
		s.fail("codex.listApprovals: %s", raw)
	}
	for _, q := range open {
		call, _ := strconv.Atoi(scriptName.FindStringSubmatch(q.Detail)[1])
		if s.kinds[call] != never {
			continue
		}
		decision := map[bool]string{true: "approved", false: "declined"}[s.yes[call]]
		s.say(call, s.yes[call])
		var got struct{ Accepted bool }
		raw := <-s.client.execute("codex.approve", fmt.Sprintf(`{"id":%q,"decision":%q}`, q.ID, decision))
		if err := json.Unmarshal(raw, &got); s.event == nothing && (err != nil || !got.Accepted) {
			s.fail("codex.approve %s: %s", q.ID, raw)
		}
	}
}

func (s *session) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("seed %d (%d calls %q, %s %s): %s", s.seed, len(s.kinds), s.kinds, s.event, points[s.point], fmt.Sprintf(format, args...))
}

// check holds the session against what must be true of every one.
func (s *session) check() {
	s.mu.Lock() // a late answer may still be on its way
	defer s.mu.Unlock()
	for i := range s.kinds {
		ran := s.runner.count(script(i))
		yes, said := s.said[i]
		switch {
		case ran > 1:
			s.fail("call %d ran %d times", i, ran)
		case ran == 1 && !yes:
			s.fail("call %d (%s) ran without a yes", i, s.kinds[i])
		case !said && s.event == nothing:
			s.fail("call %d (%s) was never put to the user", i, s.kinds[i])
		case ran == 0 && yes && s.event == nothing:
			s.fail("call %d (%s): its approval was lost", i, s.kinds[i])
		}
	}
	var end struct{ Status agent.TurnStatus }
	_ = json.Unmarshal(s.result, &end) // an interrupted request has no result
	if s.event == nothing && end.Status != agent.Completed {
		s.fail("the turn ended with %s", s.result)
	}
}

// cells are what must be covered.
func cells() []string {
	var keys []string
	for _, size := range []string{"1 call", "2-8 calls", "9-32 calls"} {
		for _, kind := range kinds {
			keys = append(keys, kind+", "+size)
		}
	}
	for _, event := range events[1:] {
		for _, point := range points {
			keys = append(keys, event+" "+point)
		}
	}
	return keys
}

func (s *session) cover(covered map[string]int) {
	size := "1 call"
	switch n := len(s.kinds); {
	case n > 8:
		size = "9-32 calls"
	case n > 1:
		size = "2-8 calls"
	}
	for _, kind := range kinds {
		if slices.Contains(s.kinds, kind) {
			covered[kind+", "+size]++
		}
	}
	if s.event != nothing {
		covered[s.event+" "+points[s.point]]++
	}
}
