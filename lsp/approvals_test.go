package lsp

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/jsonrpc2"

	"codex-lsp/agent"
	"codex-lsp/lsp/lsptest"
)

var every = []agent.Decision{agent.Approved, agent.ApprovedForSession, agent.Declined, agent.Abort}

// thread starts a thread that the bench's client takes part in.
func (b *bench) thread() *agent.Thread {
	b.t.Helper()
	t, err := b.server.agent.NewThread(b.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	b.server.follow(t)
	return t
}

// asks puts a question about a command to the user. The answer comes on the
// channel.
func (b *bench) asks(t *agent.Thread, call, command string) (*agent.Ticket, <-chan agent.Answer) {
	b.t.Helper()
	ticket, err := b.server.agent.Ledger().Open(agent.Question{
		ThreadID: t.ID(), CallID: agent.CallID(call), Kind: agent.AskCommand,
		Title: "Run " + agent.Describe(command) + "?", Detail: command, Cwd: "/w", Offers: every,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	answer := make(chan agent.Answer, 1)
	go func() { answer <- ticket.Ask(context.Background()) }()
	return ticket, answer
}

// noAnswer fails the test if a question is answered.
func noAnswer(t *testing.T, answer <-chan agent.Answer) {
	t.Helper()
	synctest.Wait()
	select {
	case a := <-answer:
		t.Fatalf("the question was answered: %+v", a)
	default:
	}
}

func TestAnswers(t *testing.T) {
	user := func(d agent.Decision) agent.Answer { return agent.Answer{Decision: d, By: agent.ByUser} }
	drawing := lsptest.WithPlugin
	for _, c := range []struct {
		name   string
		client lsptest.Profile
		react  lsptest.Reaction
		want   agent.Answer // zero: the question stays open
	}{
		{"approve", lsptest.Plain, lsptest.Pick("Approve"), user(agent.Approved)},
		{"for this session", lsptest.Plain, lsptest.Pick("Approve for this session"), user(agent.ApprovedForSession)},
		{"decline", lsptest.Plain, lsptest.Pick("Decline"), user(agent.Declined)},
		{"decline and stop", lsptest.Plain, lsptest.Pick("Decline and stop"), user(agent.Abort)},
		{"closed", lsptest.Plain, lsptest.Dismiss(), user(agent.Declined)},
		{"error", lsptest.Plain, lsptest.Fail(), user(agent.Declined)},
		{"empty title", lsptest.LSPMode, lsptest.Pick(""), user(agent.Declined)},
		{"title almost right", lsptest.Plain, lsptest.Pick("approve"), user(agent.Declined)},
		{"title that contains a right one", lsptest.Plain, lsptest.Pick("Approve "), user(agent.Declined)},
		{"title that is not offered", lsptest.Plain, lsptest.Pick("Approve always"), user(agent.Declined)},
		{"only the first action can be chosen", lsptest.VimLSP, lsptest.Pick("Approve for this session"), user(agent.Declined)},
		{"approve, first action only", lsptest.VimLSP, lsptest.Pick("Approve"), user(agent.Approved)},
		{"client draws approvals: approve", drawing, lsptest.Pick("Approve"), user(agent.Approved)},
		{"client draws approvals: closed", drawing, lsptest.Dismiss(), agent.Answer{}},
		{"client draws approvals: error", drawing, lsptest.Fail(), agent.Answer{}},
		{"client draws approvals: unknown title", drawing, lsptest.Pick("yes"), agent.Answer{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, c.client, nil)
				b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return c.react }
				th := b.thread()
				_, answer := b.asks(th, "c1", "ls")
				if c.want != (agent.Answer{}) {
					if got := <-answer; got != c.want {
						t.Errorf("got %+v, want %+v", got, c.want)
					}
					return
				}
				noAnswer(t, answer)
				var result ApproveResult
				if err := b.Execute("codex.approve", map[string]any{"id": th.ID() + "/c1", "decision": "approved"}, &result); err != nil {
					t.Fatal(err)
				}
				if want := (ApproveResult{Accepted: true, Decision: agent.Approved}); result != want {
					t.Errorf("codex.approve answers %+v, want %+v", result, want)
				}
				if got := <-answer; got != user(agent.Approved) {
					t.Errorf("got %+v", got)
				}
			})
		})
	}
}

// TestOnePromptAtATime: in most editors a second prompt would evict the first
// or hide it; some take several.
func TestOnePromptAtATime(t *testing.T) {
	for _, c := range []struct {
		client lsptest.Profile
		want   int // prompts at once
	}{{lsptest.Plain, 3}, {lsptest.LSPMode, 1}, {lsptest.Helix, 1}, {lsptest.Eglot, 1}, {lsptest.Neovim, 1}, {lsptest.VSCode, 3}, {lsptest.WithPlugin, 3}} {
		t.Run(c.client.Name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, c.client, nil)
				b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return lsptest.Ignore() }
				th := b.thread()
				var answers []<-chan agent.Answer
				for _, call := range []string{"a", "b", "c"} {
					_, answer := b.asks(th, call, call)
					answers = append(answers, answer)
				}
				synctest.Wait()
				if got := len(b.Prompts()); got != c.want {
					t.Errorf("%d prompts at once, want %d", got, c.want)
				}
				for range answers { // each answer lets the next prompt out
					synctest.Wait()
					b.React(lsptest.Pick("Approve"))
				}
				for i, answer := range answers {
					if got := <-answer; got.Decision != agent.Approved {
						t.Errorf("question %d: got %+v", i, got)
					}
				}
				if n := len(b.Received("window/showMessageRequest")); n != 3 {
					t.Errorf("%d prompts in all, want 3", n)
				}
			})
		})
	}
}

// TestShelving: a question that stays unanswered makes room for the next, and
// is asked again when the user does something; any of its prompts may answer.
func TestShelving(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Neovim, nil)
		b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return lsptest.Ignore() }
		th := b.thread()
		_, first := b.asks(th, "a", "first")
		synctest.Wait()
		_, second := b.asks(th, "b", "second")
		asked := func(want ...string) {
			t.Helper()
			synctest.Wait()
			var got []string
			for _, p := range b.Prompts() {
				got = append(got, firstLine(p.Message))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("open prompts (-want +got):\n%s", diff)
			}
		}
		asked("Run first?")
		time.Sleep(b.server.profile.patience - time.Millisecond)
		asked("Run first?")
		time.Sleep(time.Millisecond)
		asked("Run first?", "Run second?")
		time.Sleep(time.Hour)
		asked("Run first?", "Run second?") // nothing by itself

		var open []agent.Question
		if err := b.Execute("codex.listApprovals", nil, &open); err != nil || len(open) != 2 {
			t.Fatalf("listed: %+v, %v", open, err)
		}
		asked("Run first?", "Run second?") // looking around is no user's action
		if err := b.Execute("codex.interrupt", nil, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := len(b.Prompts()); n != 3 {
			t.Fatalf("%d prompts after the user acted, want one of the shelved again: %v", n, b.Prompts())
		}
		b.React(lsptest.Pick("Approve")) // the oldest prompt, shelved long ago
		b.React(lsptest.Pick("Decline"))
		if a, c := <-first, <-second; a.Decision != agent.Approved || c.Decision != agent.Declined {
			t.Errorf("got %+v and %+v", a, c)
		}
	})
}

// TestNobodyAnswers: a client that cannot answer does not keep the model
// waiting, and the user is told why nothing was run.
func TestNobodyAnswers(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.ALE, nil)
		asked := time.Now()
		_, answer := b.asks(b.thread(), "a", "ls")
		if got, want := <-answer, (agent.Answer{Decision: agent.Declined, By: agent.ByTimeout}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if took := time.Since(asked); took != 30*time.Second {
			t.Errorf("settled after %v, want 30s", took)
		}
	})
}

// TestNoPrompts: an editor that does not know the request is not a user who
// said no.
func TestNoPrompts(t *testing.T) {
	b := newBench(t, lsptest.Plain, nil)
	unknown := jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "unknown method window/showMessageRequest")
	got, understood := b.server.answerOf(agent.Question{ID: "q"}, nil, unknown)
	if want := (agent.Answer{Decision: agent.Declined, By: agent.ByNobody}); got != want || understood {
		t.Errorf("got %+v, %t, want %+v", got, understood, want)
	}
}

// TestFirstAnswerWins: a prompt that is answered late changes nothing, and the
// late one is told what stands.
func TestFirstAnswerWins(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, nil)
		b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return lsptest.Ignore() }
		th := b.thread()
		_, answer := b.asks(th, "a", "ls")
		synctest.Wait()
		approve := map[string]any{"id": th.ID() + "/a", "decision": "declined", "message": "use make"}
		var result ApproveResult
		if err := b.Execute("codex.approve", approve, &result); err != nil || !result.Accepted {
			t.Fatalf("%+v, %v", result, err)
		}
		want := agent.Answer{Decision: agent.Declined, By: agent.ByUser, Message: "use make"}
		if got := <-answer; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		b.Await("$/cancelRequest", 1) // the prompt is withdrawn
		b.React(lsptest.Pick("Approve"))
		approve["decision"] = "approved"
		if err := b.Execute("codex.approve", approve, &result); err != nil {
			t.Fatal(err)
		}
		if want := (ApproveResult{Accepted: false, Decision: agent.Declined}); result != want {
			t.Errorf("late answer gets %+v, want %+v", result, want)
		}
	})
}

// TestLeavingIsNoAnswer: a client that goes away leaves the question to the
// others, and to whoever comes within the time of grace.
func TestLeavingIsNoAnswer(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, nil)
		b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return lsptest.Ignore() }
		th := b.thread()
		_, answer := b.asks(th, "a", "ls")
		synctest.Wait()
		b.Hangup()
		noAnswer(t, answer)

		second := b.another(lsptest.VSCode)
		second.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return lsptest.Pick("Approve") }
		second.server.follow(th)
		if got := <-answer; got.Decision != agent.Approved {
			t.Errorf("got %+v", got)
		}
	})
}

// another connects one more client to the bench's agent.
func (b *bench) another(p lsptest.Profile) *bench {
	b.t.Helper()
	return connect(b.t, p, Options{Agent: b.server.agent, Log: b.server.log, Version: "test"}, b.dir)
}

// TestTwoSurfaces: two clients of one thread are both asked, the faster one
// decides, and the other's prompt is withdrawn.
func TestTwoSurfaces(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		first := newBench(t, lsptest.VSCode, nil)
		second := first.another(lsptest.Helix)
		for _, b := range []*bench{first, second} {
			b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return lsptest.Ignore() }
		}
		th := first.thread()
		second.server.follow(th)
		_, answer := first.asks(th, "a", "ls")
		synctest.Wait()
		second.React(lsptest.Pick("Approve for this session"))
		if got := <-answer; got.Decision != agent.ApprovedForSession {
			t.Errorf("got %+v", got)
		}
		first.Await("$/cancelRequest", 1)
		if n := len(second.Received("$/cancelRequest")); n != 0 {
			t.Errorf("the client that answered was sent %d cancels", n)
		}
	})
}
