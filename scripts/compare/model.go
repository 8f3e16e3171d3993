package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A scripted model answers everything with one short message, and notes when
// it was asked and when it had said the last byte.
type scripted struct {
	url    string
	server *http.Server

	mu              sync.Mutex
	asked, answered time.Time // guarded by mu
}

func startModel() (*scripted, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &scripted{url: "http://" + ln.Addr().String() + "/v1"}
	m.server = &http.Server{Handler: m}
	go m.server.Serve(ln)
	return m, nil
}

func (m *scripted) close() { m.server.Close() }

func (m *scripted) last() (asked, answered time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked, m.answered
}

// answer is a whole response of the Responses API.
const answer = `event: response.created
data: {"type":"response.created","response":{"id":"r1"}}

event: response.output_item.done
data: {"type":"response.output_item.done","output_index":0,"item":{"type":"message","role":"assistant","id":"m1","status":"completed","content":[{"type":"output_text","text":"something","annotations":[]}]}}

event: response.completed
data: {"type":"response.completed","response":{"id":"r1","status":"completed","output":[],"usage":{"input_tokens":1,"input_tokens_details":null,"output_tokens":1,"output_tokens_details":null,"total_tokens":2}}}

`

func (m *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	asked := time.Now()
	_, _ = io.Copy(io.Discard, r.Body) // who does not send all gets no good answer
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, answer)
	m.mu.Lock() // before the last byte is on its way, or a reader could be faster
	m.asked, m.answered = asked, time.Now()
	m.mu.Unlock()
	w.(http.Flusher).Flush()
}

// homeFor makes the folder of a configuration that knows only the scripted
// model.
func homeFor(url string) (string, error) {
	home, err := newHome()
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("model = \"gpt-5\"\nmodel_provider = \"scripted\"\napproval_policy = \"never\"\nsandbox_mode = \"danger-full-access\"\n\n"+
		"[model_providers.scripted]\nname = \"Scripted\"\nbase_url = %q\nwire_api = \"responses\"\nenv_key = \"SCRIPTED_KEY\"\n", url)
	return home, os.WriteFile(filepath.Join(home, "config.toml"), []byte(text), 0o600)
}

// newHome makes a folder where Codex may keep what it likes. It takes none
// below the folder for temporary files.
func newHome() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", err
	}
	return os.MkdirTemp(cache, "codex-lsp-compare-*")
}
