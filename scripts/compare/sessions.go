package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

// A listener is a model that answers everything alike, and keeps what it was
// sent last.
type listener struct {
	url    string
	server *http.Server

	mu   sync.Mutex
	body string // guarded by mu
}

func startListener() (*listener, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &listener{url: "http://" + ln.Addr().String() + "/v1"}
	l.server = &http.Server{Handler: l}
	go l.server.Serve(ln)
	return l, nil
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if r.Method != http.MethodPost || err != nil {
		http.NotFound(w, r)
		return
	}
	l.mu.Lock()
	l.body = string(body)
	l.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, answer)
}

// heard tells whether the last request has all these texts, in this order.
func (l *listener) heard(texts ...string) bool {
	l.mu.Lock()
	rest := l.body
	l.mu.Unlock()
	for _, text := range texts {
		_, after, found := strings.Cut(rest, text)
		if !found {
			return false
		}
		rest = after
	}
	return true
}

// A shared is one home that both programs keep conversations in.
type shared struct {
	comparison
	model *listener
	home  string
}

// sessions has each program go on with what the other one wrote.
func (c comparison) sessions() error {
	m, err := startListener()
	if err != nil {
		return err
	}
	defer m.server.Close()
	home, err := homeFor(m.url)
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	s := &shared{c, m, home}
	fmt.Println("| conversations | holds |\n|---|---|")
	for _, check := range []struct {
		what string
		do   func() (bool, error)
	}{
		{"codex-lsp goes on with Codex's, and Codex again with the copy", s.fromCodex},
		{"Codex goes on with codex-lsp's, and codex-lsp again", s.fromUs},
		{"a name that codex-lsp gives is Codex's, and one of Codex's is codex-lsp's", s.names},
		{"what codex-lsp archives is archived for Codex, and comes back", s.archives},
		{"neither writes what the other has open", s.apart},
	} {
		holds, err := check.do()
		if err != nil {
			return fmt.Errorf("%s: %w", check.what, err)
		}
		fmt.Printf("| %s | %v |\n", check.what, map[bool]string{true: "yes", false: "**no**"}[holds])
	}
	return nil
}

// codexDoes has a Codex of its own do something.
func (s *shared) codexDoes(do func(*codexAgent) error) error {
	a, err := startCodex(s.codex, s.home)
	if err != nil {
		return err
	}
	defer a.process().stop()
	if err := a.initialize(); err != nil {
		return err
	}
	return do(a.(*codexAgent))
}

// weDo has a codex-lsp of its own do something.
func (s *shared) weDo(do func(*lspAgent) error) error {
	a, err := startLSP(s.lsp, s.home)
	if err != nil {
		return err
	}
	defer a.process().stop()
	if err := a.initialize(); err != nil {
		return err
	}
	return do(a.(*lspAgent))
}

func (a *codexAgent) resume(id string) error {
	a.thread = id
	return a.p.call("thread/resume", map[string]any{"threadId": id}, nil)
}

func (a *lspAgent) resume(id string) error {
	var r struct{ ThreadID string }
	err := a.command("codex.resume", map[string]any{"threadId": id}, &r)
	a.thread = r.ThreadID
	return err
}

// byCodex has Codex ask, in a new thread for "" or in the one with an id.
func (s *shared) byCodex(id, prompt string) (threadID string, err error) {
	err = s.codexDoes(func(a *codexAgent) error {
		if id == "" {
			err = a.newThread(s.home)
		} else {
			err = a.resume(id)
		}
		threadID = a.thread
		if err == nil {
			_, err = a.ask(prompt)
		}
		return err
	})
	return threadID, err
}

// byUs has codex-lsp ask.
func (s *shared) byUs(id, prompt string) (threadID string, err error) {
	err = s.weDo(func(a *lspAgent) error {
		if id == "" {
			err = a.newThread(s.home)
		} else {
			err = a.resume(id)
		}
		threadID = a.thread
		if err == nil {
			_, err = a.ask(prompt)
		}
		return err
	})
	return threadID, err
}

func (s *shared) fromCodex() (bool, error) {
	id, err := s.byCodex("", "first of Codex")
	if err != nil {
		return false, err
	}
	copied, err := s.byUs(id, "second of ours")
	if err != nil || !s.model.heard("first of Codex", "something", "second of ours") {
		return false, err
	}
	_, err = s.byCodex(copied, "third of Codex")
	return s.model.heard("first of Codex", "second of ours", "something", "third of Codex"), err
}

func (s *shared) fromUs() (bool, error) {
	id, err := s.byUs("", "first of ours")
	if err != nil {
		return false, err
	}
	if _, err = s.byCodex(id, "second of Codex"); err != nil || !s.model.heard("first of ours", "something", "second of Codex") {
		return false, err
	}
	again, err := s.byUs(id, "third of ours")
	return again == id && s.model.heard("first of ours", "second of Codex", "something", "third of ours"), err
}

// listed is what Codex lists, names by id.
func (a *codexAgent) listed(archived bool) (map[string]string, error) {
	var page struct {
		Data []struct{ ID, Name string }
	}
	err := a.p.call("thread/list", map[string]any{"archived": archived, "sourceKinds": []string{"cli", "vscode", "exec", "appServer"}}, &page)
	names := make(map[string]string)
	for _, t := range page.Data {
		names[t.ID] = t.Name
	}
	return names, err
}

func (s *shared) names() (holds bool, err error) {
	id, err := s.byUs("", "to be named")
	if err != nil {
		return false, err
	}
	if err := s.weDo(func(a *lspAgent) error {
		return a.command("codex.renameThread", map[string]any{"threadId": id, "name": "named by us"}, nil)
	}); err != nil {
		return false, err
	}
	if err := s.codexDoes(func(a *codexAgent) error {
		names, err := a.listed(false)
		holds = names[id] == "named by us"
		if err != nil {
			return err
		}
		return a.p.call("thread/name/set", map[string]any{"threadId": id, "name": "named by Codex"}, nil)
	}); err != nil {
		return false, err
	}
	var page json.RawMessage
	err = s.weDo(func(a *lspAgent) error { return a.command("codex.listSessions", map[string]any{"all": true}, &page) })
	return holds && strings.Contains(string(page), `"name":"named by Codex"`), err
}

func (s *shared) archives() (bool, error) {
	id, err := s.byUs("", "to be archived")
	if err != nil {
		return false, err
	}
	holds := true
	for _, back := range []bool{false, true} {
		if err := s.weDo(func(a *lspAgent) error {
			return a.command("codex.archiveThread", map[string]any{"threadId": id, "back": back}, nil)
		}); err != nil {
			return false, err
		}
		if err := s.codexDoes(func(a *codexAgent) error {
			names, err := a.listed(!back)
			_, there := names[id]
			holds = holds && there
			return err
		}); err != nil {
			return false, err
		}
	}
	return holds, nil
}

func (s *shared) apart() (holds bool, err error) {
	id, err := s.byUs("", "to be open")
	if err != nil {
		return false, err
	}
	err = s.codexDoes(func(a *codexAgent) error {
		if err := a.resume(id); err != nil {
			return err
		}
		return s.weDo(func(b *lspAgent) error {
			holds = b.resume(id) != nil && b.command("codex.deleteThread", map[string]any{"threadId": id, "confirmed": true}, nil) != nil
			return nil
		})
	})
	if err != nil || !holds {
		return false, err
	}
	err = s.weDo(func(b *lspAgent) error {
		if err := b.resume(id); err != nil {
			return err
		}
		return s.codexDoes(func(a *codexAgent) error { holds = a.resume(id) != nil; return nil })
	})
	return holds, err
}
