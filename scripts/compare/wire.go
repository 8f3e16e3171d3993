package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

const (
	longThread = 50     // prompts, of which each makes a call
	manyDeltas = 20_000 // of one answer
)

// A recorder is a model that keeps what it was asked. It answers a prompt with a
// call, and what came of that with a word; a prompt to stream, with many.
type recorder struct {
	url    string
	server *http.Server
	news   chan time.Time // when a request came; it holds one

	mu     sync.Mutex
	bodies [][]byte // guarded by mu
	calls  int      // guarded by mu
}

func startRecorder() (*recorder, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &recorder{url: "http://" + ln.Addr().String() + "/v1", news: make(chan time.Time, 1)}
	r.server = &http.Server{Handler: r}
	go r.server.Serve(ln)
	return r, nil
}

func (r *recorder) close() { r.server.Close() }

// take returns what was asked, and forgets it.
func (r *recorder) take() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.bodies
	r.bodies = nil
	select {
	case <-r.news:
	default:
	}
	return taken
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		http.NotFound(w, req)
		return
	}
	select {
	case r.news <- time.Now():
	default: // nobody waits for it
	}
	body, _ := io.ReadAll(req.Body) // who does not send all gets no good answer
	r.mu.Lock()
	r.bodies = append(r.bodies, body)
	r.calls++
	id := fmt.Sprint("c", r.calls)
	r.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	parts := partsOf(body)
	last := parts.input[len(parts.input)-1]
	switch {
	case bytes.Contains(last, []byte("_call_output")):
		_, _ = io.WriteString(w, answer)
	case bytes.Contains(last, []byte("please stream")):
		streamMany(w)
	case bytes.Contains(last, []byte("please call")):
		fmt.Fprintf(w, callAnswer, fmt.Sprintf(`{"type":"function_call","id":"f%s","call_id":%q,"name":"exec_command","arguments":"{\"cmd\":\"true\",\"login\":false}","status":"completed"}`, id, id))
	default:
		_, _ = io.WriteString(w, answer)
	}
}

// streamMany is an answer in many pieces, each on its way before the next.
func streamMany(w http.ResponseWriter) {
	const item = `{"type":"message","role":"assistant","id":"m1","status":%q,"content":[%s]}`
	fmt.Fprintf(w, "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":"+item+"}\n\n", "in_progress", "")
	for i := range manyDeltas {
		fmt.Fprintf(w, "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":%d,\"item_id\":\"m1\",\"output_index\":0,\"content_index\":0,\"delta\":\" word\"}\n\n", i)
		w.(http.Flusher).Flush()
	}
	text := fmt.Sprintf(`{"type":"output_text","text":%q,"annotations":[]}`, strings.Repeat(" word", manyDeltas))
	fmt.Fprintf(w, "event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":"+item+"}\n\n", "completed", text)
	_, end, _ := strings.Cut(answer, "event: response.completed")
	_, _ = io.WriteString(w, "event: response.completed"+end)
}

// parts are what a prompt cache sees of a request: the tools, and the input.
type parts struct {
	tools json.RawMessage
	input []json.RawMessage
}

func partsOf(body []byte) parts {
	var r struct {
		Tools json.RawMessage
		Input []json.RawMessage
	}
	_ = json.Unmarshal(body, &r) // both agents write JSON; a request without input fails the run
	if len(r.Input) == 0 {
		r.Input = []json.RawMessage{nil}
	}
	return parts{r.Tools, r.Input}
}

// text is the parts in one piece.
func (p parts) text() []byte {
	text := bytes.Clone(p.tools)
	for _, item := range p.input {
		text = append(append(text, ','), item...)
	}
	return text
}

// kept is the share of all requests' bytes that the next one begins with.
func kept(bodies [][]byte) float64 {
	same, all := 0, 0
	for i := 1; i < len(bodies); i++ {
		before, now := partsOf(bodies[i-1]).text(), partsOf(bodies[i]).text()
		n := 0
		for n < len(before) && n < len(now) && before[n] == now[n] {
			n++
		}
		same, all = same+n, all+len(before)
	}
	return 100 * float64(same) / float64(max(all, 1))
}

var wireMeasures = []string{"server: start to the model's request, ms", "exec: start to the model's request, ms", "50 prompts: bytes that the next request begins with, %", "20,000 pieces: CPU for each, µs"}

// wires compares what goes to the model: when, and what of it is the same again.
func (c comparison) wires() error {
	r, err := startRecorder()
	if err != nil {
		return err
	}
	defer r.close()
	var homes [2]string // for each its own, since Codex puts skills into it
	for i := range homes {
		if homes[i], err = classicHome(r.url); err != nil {
			return err
		}
		defer os.RemoveAll(homes[i])
	}
	got, first := [2]samples{{}, {}}, [2][]byte{}
	for n := range c.runs {
		for i, w := range c.wireAgents(homes) {
			if first[i], err = got[i].cold(w, r, homes[i]); err == nil && n < 3 {
				err = got[i].warm(w, r, homes[i])
			}
			if err != nil {
				return fmt.Errorf("%s: %w", w.path, err)
			}
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| medians\t| codex-lsp\t| Codex\t|\n|---\t|---\t|---\t|\n")
	for _, name := range wireMeasures {
		fmt.Fprintf(w, "| %s\t| %.2f\t| %.2f\t|\n", name, median(got[0][name]), median(got[1][name]))
	}
	fmt.Fprintf(w, "\n| first request, bytes (tokens, about)\t| codex-lsp\t| Codex\t|\n|---\t|---\t|---\t|\n")
	a, b := sizesOf(first[0]), sizesOf(first[1])
	for i, name := range []string{"base instructions", "tools", "the rest of the input", "all of the request"} {
		fmt.Fprintf(w, "| %s\t| %d (%d)\t| %d (%d)\t|\n", name, a[i], a[i]/4, b[i], b[i]/4)
	}
	return w.Flush()
}

// sizesOf are the sizes of a request's parts.
func sizesOf(body []byte) [4]int {
	p := partsOf(body)
	rest := 0
	for _, item := range p.input[1:] {
		rest += len(item)
	}
	return [4]int{len(p.input[0]), len(p.tools), rest, len(body)}
}

// A wireAgent is how an agent is started.
type wireAgent struct {
	path  string
	start func() (agent, error)
	exec  []string
}

func (c comparison) wireAgents(homes [2]string) [2]wireAgent {
	exec := []string{"exec", "--skip-git-repo-check", "say something"}
	return [2]wireAgent{
		{c.lsp, func() (agent, error) { return startLSP(c.lsp, homes[0]) }, exec},
		{c.codex, func() (agent, error) { return startCodex(c.codex, homes[1]) }, exec},
	}
}

// cold measures processes up to their first request, and returns that.
func (s samples) cold(w wireAgent, r *recorder, home string) (first []byte, err error) {
	r.take()
	began := time.Now()
	a, err := w.start()
	if err != nil {
		return nil, err
	}
	defer a.process().stop()
	if err := a.initialize(); err != nil {
		return nil, err
	}
	if err := a.newThread(home); err != nil {
		return nil, err
	}
	if _, err := a.ask("say something"); err != nil {
		return nil, err
	}
	s.add(wireMeasures[0], ms((<-r.news).Sub(began)))
	first = r.take()[0]
	began = time.Now()
	cmd := exec.Command(w.path, w.exec...)
	cmd.Env, cmd.Dir = environment(home), home
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	s.add(wireMeasures[1], ms((<-r.news).Sub(began)))
	return first, nil
}

// warm measures a long thread, and a long answer.
func (s samples) warm(w wireAgent, r *recorder, home string) error {
	r.take()
	a, err := w.start()
	if err != nil {
		return err
	}
	defer a.process().stop()
	if err := a.initialize(); err != nil {
		return err
	}
	if err := a.newThread(home); err != nil {
		return err
	}
	for n := range longThread {
		if _, err := a.ask(fmt.Sprint("please call ", n)); err != nil {
			return err
		}
	}
	bodies := r.take()
	if len(bodies) != 2*longThread {
		return fmt.Errorf("%d requests for %d prompts", len(bodies), longThread)
	}
	s.add(wireMeasures[2], kept(bodies))
	before, err := a.process().cpu()
	if err != nil {
		return err
	}
	if _, err := a.ask("please stream"); err != nil {
		return err
	}
	after, err := a.process().cpu()
	s.add(wireMeasures[3], float64((after-before).Microseconds())/manyDeltas)
	return err
}

// classicHome is a home with a model that both offer their tools to as functions.
func classicHome(url string) (string, error) {
	home, err := homeFor(url)
	if err != nil {
		return "", err
	}
	name := filepath.Join(home, "config.toml")
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	return home, os.WriteFile(name, bytes.Replace(text, []byte(`"gpt-5"`), []byte(`"gpt-5.5"`), 1), 0o600)
}
