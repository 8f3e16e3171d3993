package exec

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// leave starts a command that goes on running, and returns its session when
// the command has printed text.
func leave(t *testing.T, r *Runner, c Command, text string) (id int) {
	t.Helper()
	seen := false
	c.Yield, c.Output = 1, onText(text, func() { seen = true })
	res := run(t, r, c)
	if !res.Running {
		t.Fatalf("%q has ended: %+v", c.Script, res)
	}
	if !seen {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stop := onText(text, cancel)
		stop([]byte(res.Output))
		if res, err := r.Write(ctx, Input{SessionID: res.SessionID, Yield: maxPoll, Output: stop}); err == nil {
			t.Fatalf("%q has ended: %+v", c.Script, res)
		}
	}
	return res.SessionID
}

// write types chars into a session and returns what it answers by the time it
// has answered text. It gives up only with the test.
func write(t *testing.T, r *Runner, id int, chars, text string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all strings.Builder
	seen := onText(text, cancel)
	hear := func(p []byte) { all.Write(p); seen(p) }
	_, err := r.Write(ctx, Input{SessionID: id, Chars: chars, Yield: maxYield, Output: hear})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatalf("write %q: %v", chars, err)
	}
	if !strings.Contains(all.String(), text) {
		t.Fatalf("write %q: answered %q, want %q in it", chars, all.String(), text)
	}
	return all.String()
}

func TestWriteToCat(t *testing.T) {
	t.Parallel()
	r := newTestRunner(t)
	cat := run(t, r, Command{Script: "cat", TTY: true, Yield: 1})
	if want := fmt.Sprintf("\nProcess running with session ID %d\n", cat.SessionID); !cat.Running || !strings.Contains(cat.Text, want) {
		t.Fatalf("got %+v, want %q in the text", cat, want)
	}
	answer := "hello\r\nhello\r\n"
	if got := write(t, r, cat.SessionID, "hello\n", answer); got != answer {
		t.Errorf("shown %q, want %q", got, answer)
	}
	// The wait was cancelled, so that its output is still to be told.
	res, err := r.Write(t.Context(), Input{SessionID: cat.SessionID, Chars: "\x04", Yield: maxYield})
	if err != nil || res.Running || res.ExitCode != 0 || res.Output != answer {
		t.Errorf("end of input: got %+v, %v, want code 0 and output %q", res, err, answer)
	}
	_, err = r.Write(t.Context(), Input{SessionID: cat.SessionID})
	if want := fmt.Sprintf("Unknown process id %d", cat.SessionID); err == nil || err.Error() != want {
		t.Errorf("after its end was told: got %v, want %s", err, want)
	}
}

// A conversation with whatever interpreters there are; a shell always is.
func TestWriteToInterpreters(t *testing.T) {
	t.Parallel()
	dialogs := map[string]struct{ start, ask, answer, quit string }{
		"sh":      {"exec sh -i", "echo $((6*7))\n", "\n42\r", "exit 5\n"},
		"python3": {"exec python3 -q -i", "print(6*7)\n", "\n42\r", "raise SystemExit(5)\n"},
		"node":    {"exec node -i", "6*7\n", "\n42\r", "process.exit(5)\n"},
	}
	for _, name := range programs("sh", "python3", "node") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dialogs[name]
			r := newTestRunner(t)
			s := run(t, r, Command{Script: d.start, TTY: true, Yield: 1})
			write(t, r, s.SessionID, d.ask, d.answer)
			res, err := r.Write(t.Context(), Input{SessionID: s.SessionID, Chars: d.quit, Yield: maxYield})
			if err != nil || res.Running || res.ExitCode != 5 {
				t.Errorf("quit: got %+v, %v, want code 5", res, err)
			}
		})
	}
}

func TestWriteInterrupts(t *testing.T) {
	t.Parallel()
	for _, tty := range []bool{false, true} {
		r := newTestRunner(t)
		id := leave(t, r, Command{Script: `trap 'echo got it; exit 7' INT; echo up; while :; do sleep 0.01; done`, TTY: tty}, "up")
		res, err := r.Write(t.Context(), Input{SessionID: id, Chars: interrupt, Yield: maxYield})
		if err != nil || res.Running || res.ExitCode != 7 || !strings.Contains(res.Output, "got it") {
			t.Errorf("terminal %v: got %+v, %v, want code 7", tty, res, err)
		}
	}
}

func TestWriteWithoutATerminal(t *testing.T) {
	t.Parallel()
	r := newTestRunner(t)
	s := run(t, r, Command{Script: "sleep 1000", Yield: 1})
	_, err := r.Write(t.Context(), Input{SessionID: s.SessionID, Chars: "hello\n"})
	if want := "stdin is closed for this session; rerun exec_command with tty=true to keep stdin open"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Output that came between two waits is the next one's.
func TestWritePollsForTheEnd(t *testing.T) {
	t.Parallel()
	r := newTestRunner(t)
	gate := newFifo(t)
	first := run(t, r, Command{Script: `read x <$GATE; echo one; exit 4`, Env: []string{"GATE=" + gate}, Yield: 1})
	poke(t, gate)
	<-r.session(first.SessionID).ended
	want := Session{ID: first.SessionID, State: Ended}
	if d := cmp.Diff([]Session{want}, r.Sessions(), cmpopts.IgnoreFields(Session{}, "Script", "Dir", "Started")); d != "" {
		t.Errorf("sessions: -want +got\n%s", d)
	}
	var shown strings.Builder
	res, err := r.Write(t.Context(), Input{SessionID: first.SessionID, Output: func(p []byte) { shown.Write(p) }})
	if err != nil || res.Running || res.ExitCode != 4 || res.Output != "one\n" || shown.String() != "one\n" {
		t.Errorf("got %+v, %v, shown %q; want code 4, output and shown %q", res, err, shown.String(), "one\n")
	}
}

// The end of a turn that only waits for a session leaves the session alone.
func TestWriteThatIsCancelled(t *testing.T) {
	t.Parallel()
	r := newTestRunner(t)
	s := run(t, r, Command{Script: "cat", TTY: true, Yield: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Write(ctx, Input{SessionID: s.SessionID}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	write(t, r, s.SessionID, "still there\n", "still there\r\nstill there\r\n")
}

// Two calls may wait for one session: one after the other, each with its part
// of the output.
func TestWriteTakesTurns(t *testing.T) {
	t.Parallel()
	r := newTestRunner(t)
	id := leave(t, r, Command{Script: "stty -echo; echo up; cat", TTY: true}, "up")
	var calls sync.WaitGroup
	outputs := make([]string, 4)
	for i := range outputs {
		calls.Go(func() {
			res, err := r.Write(t.Context(), Input{SessionID: id, Chars: fmt.Sprintf("line %d\n", i)})
			if err != nil {
				t.Error(err)
			}
			outputs[i] = res.Output
		})
	}
	calls.Wait()
	rest, err := r.Write(t.Context(), Input{SessionID: id, Chars: "\x04", Yield: maxYield})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(outputs, "") + rest.Output
	for i := range outputs {
		if want := fmt.Sprintf("line %d\r\n", i); strings.Count(all, want) != 1 {
			t.Errorf("outputs %q, want %q once", outputs, want)
		}
	}
}

func TestKill(t *testing.T) {
	t.Parallel()
	r := newTestRunner(t)
	alive := newWitness(t)
	id := leave(t, r, Command{Script: `exec 9>$FIFO; ` + stubborn, Env: []string{"FIFO=" + alive.path}}, "up")
	if err := r.Kill(id); err != nil {
		t.Fatal(err)
	}
	alive.wait(t)
	res, err := r.Write(t.Context(), Input{SessionID: id})
	if err != nil || res.Running || res.ExitCode < 128 {
		t.Errorf("the model is told %+v, %v, want the code of a signal", res, err)
	}
	if err := r.Kill(id); err == nil {
		t.Error("a session that is over was killed")
	}
}

// What a command left in the background can be killed by its old number.
func TestKillBackground(t *testing.T) {
	t.Parallel()
	r := newTestRunner(t)
	alive := newWitness(t)
	run(t, r, Command{Script: `exec 9>$FIFO; sleep 1000 &`, Env: []string{"FIFO=" + alive.path}})
	sessions := r.Sessions()
	if len(sessions) != 1 || sessions[0].State != Background {
		t.Fatalf("sessions %+v, want one in the background", sessions)
	}
	if err := r.Kill(sessions[0].ID); err != nil {
		t.Fatal(err)
	}
	alive.wait(t)
	if s := r.Sessions(); len(s) > 0 {
		t.Errorf("sessions %+v, want none", s)
	}
}

// There are 64 sessions and no more: the 65th command takes the place of the
// one that was asked for least recently.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	r := NewRunner(Options{})
	alive := newWitness(t)
	c := Command{Script: "exec 9>$FIFO; sleep 1000", Env: []string{"FIFO=" + alive.path}, Dir: t.TempDir(), Shell: "sh", Yield: 1}
	var starts sync.WaitGroup
	for range maxSessions {
		starts.Go(func() { run(t, r, c) })
	}
	starts.Wait()
	ids := make(map[int]bool)
	for _, s := range r.Sessions() {
		ids[s.ID] = s.State == Running && s.ID >= 10_000 && s.ID <= 99_999
	}
	if len(ids) != maxSessions {
		t.Fatalf("%d sessions, want %d", len(ids), maxSessions)
	}
	r.mu.Lock()
	oldest := oldestOf(ownedBy("", r.sessions))
	r.mu.Unlock()
	added := run(t, r, c)
	if _, err := r.Write(t.Context(), Input{SessionID: oldest.id}); err == nil {
		t.Error("the oldest session is still there")
	}
	c.Owner = "another"
	others := run(t, r, c) // who has room of its own
	if n := len(r.Sessions()); n != maxSessions+1 || !others.Running {
		t.Errorf("%d sessions with another owner's %+v, want %d", n, others, maxSessions+1)
	}
	if _, err := r.Write(t.Context(), Input{SessionID: others.SessionID}); err == nil {
		t.Error("another owner's session can be written to")
	}
	if n := len(r.Sessions()); n != maxSessions+1 || !added.Running {
		t.Errorf("%d sessions with the new one %+v, want %d", n, added, maxSessions)
	}
	r.Close()
	alive.wait(t)
	for id, ok := range ids {
		if !ok {
			t.Errorf("session %d is not running or not of five digits", id)
		}
	}
}

// What has ended goes before what runs, and what is waited for stays.
func TestOldestSession(t *testing.T) {
	t.Parallel()
	fake := func(used uint64, ended, busy bool) *session {
		s := newSession(int(used), Command{})
		s.used = used
		if ended {
			close(s.ended)
		}
		if busy {
			s.busy <- struct{}{}
		}
		return s
	}
	for _, tc := range []struct {
		name string
		all  []*session
		want uint64
	}{
		{"none", nil, 0},
		{"longest ago", []*session{fake(3, false, false), fake(1, false, false), fake(2, false, false)}, 1},
		{"ended first", []*session{fake(1, false, false), fake(3, true, false), fake(2, true, false)}, 2},
		{"not while waited for", []*session{fake(1, false, true), fake(2, true, true), fake(3, false, false)}, 3},
		{"all waited for", []*session{fake(1, false, true)}, 0},
	} {
		var got uint64
		if s := oldestOf(tc.all); s != nil {
			got = s.used
		}
		if got != tc.want {
			t.Errorf("%s: got %d, want %d", tc.name, got, tc.want)
		}
	}
}
