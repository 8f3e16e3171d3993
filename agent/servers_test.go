package agent

import (
	"compress/gzip"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

// An oddServer answers over real HTTP in a way that no provider should, and some
// do.
type oddServer struct {
	name  string
	wrap  func(http.Handler) http.Handler
	tls   bool // with a certificate that its own authority has signed
	says  string
	fails string // what the turn's error says; "" for a good end
}

func oddServers() []oddServer {
	const answer = "wörter 語 🙂"
	return []oddServer{
		{name: "gzip", wrap: zipped, says: answer},
		{name: "one byte at a time", wrap: trickling, says: answer},
		{name: "an event of 10 MB", wrap: asIs, says: strings.Repeat("0123456789", 1<<20)},
		{name: "a stream that says it is text", wrap: named("text/plain"), says: answer},
		{name: "a stream without a name", wrap: named(""), says: answer},
		{name: "a redirect", wrap: redirected, fails: "307 Temporary Redirect"},
		{name: "a stream that says it is bytes", wrap: named("application/octet-stream"), says: answer},
		{name: "a picture", wrap: unstreamed("image/png", "\x89PNG\r\n\x1a\n"), fails: "the stream ended before the response was complete"},
		{name: "a sentence", wrap: unstreamed("text/plain", "Service moved."), fails: "the stream ended before the response was complete"},
		{name: "a line without an end", wrap: endless, fails: "an event of more than 32 MiB"},
		{name: "an authority that nobody knows", wrap: asIs, tls: true, fails: `(O=Acme Co) is signed by "O=Acme Co", which this machine does not trust` + "\nif it is your company's proxy"},
		{name: "bytes that are no text", wrap: garbage, fails: "the response was complete"},
	}
}

// TestOddServers: the same answer whatever the server does to it on the way, or
// an error that says what it did.
func TestOddServers(t *testing.T) {
	for _, c := range oddServers() {
		t.Run(c.name, func(t *testing.T) {
			m := modeltest.New(modeltest.Func(func(modeltest.Request) []modeltest.Item {
				return []modeltest.Item{modeltest.Reasoning("hm", "sealed"), modeltest.Text(c.says)}
			}))
			server := httptest.NewUnstartedServer(c.wrap(m))
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
			if c.tls {
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			a := newTestAgent(t, m, nil, func(cfg *config.Config) {
				cfg.Provider.BaseURL, cfg.Provider.StreamTries, cfg.Provider.RequestTries = server.URL+"/v1", 0, 0
				cfg.Provider.StreamTimeout = time.Minute
			})
			th, err := a.NewThread(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer th.Attach(newPeer(nil))()
			res := askAndWait(t, th, "go")
			switch {
			case c.fails == "" && (res.Status != Completed || res.Answer != c.says):
				t.Errorf("status %s, error %q, an answer of %d bytes", res.Status, res.Error, len(res.Answer))
			case c.fails != "" && (res.Status != Failed || !strings.Contains(res.Error, c.fails)):
				t.Errorf("result %+v, want %q in its error", res, c.fails)
			}
			a.Close()
			m.Close()
		})
	}
}

func asIs(h http.Handler) http.Handler { return h }

// A rewriter changes what a handler writes.
type rewriter struct {
	http.ResponseWriter
	write func([]byte) error
}

func (w rewriter) Write(p []byte) (int, error) { return len(p), w.write(p) }

func (w rewriter) Flush() { w.ResponseWriter.(http.Flusher).Flush() }

func rewritten(write func(http.ResponseWriter) func([]byte) error) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(rewriter{w, write(w)}, r)
		})
	}
}

var zipped = rewritten(func(w http.ResponseWriter) func([]byte) error {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	return func(p []byte) error {
		if _, err := z.Write(p); err != nil {
			return err
		}
		return z.Flush()
	}
})

var trickling = rewritten(func(w http.ResponseWriter) func([]byte) error {
	return func(p []byte) error {
		for i := range p {
			if _, err := w.Write(p[i : i+1]); err != nil {
				return err
			}
			w.(http.Flusher).Flush()
		}
		return nil
	}
})

// garbage turns the stream into what is no UTF-8 half-way.
var garbage = rewritten(func(w http.ResponseWriter) func([]byte) error {
	sent := 0
	return func(p []byte) error {
		if sent += len(p); sent > 100 {
			p = []byte(strings.Repeat("\xff\xc3\x00", len(p)/3+1))
		}
		_, err := w.Write(p)
		return err
	}
})

// unstreamed answers with something that is no stream.
func unstreamed(media, text string) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", media)
			_, _ = w.Write([]byte(text))
		})
	}
}

// endless sends one line for as long as somebody reads it.
func endless(http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		piece := []byte("data: " + strings.Repeat("0123456789", 1<<14))
		for {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
}

// named gives the stream another media type.
func named(media string) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(renamed{w, media}, r)
		})
	}
}

type renamed struct {
	http.ResponseWriter
	media string
}

func (w renamed) WriteHeader(status int) {
	w.Header()["Content-Type"] = []string{w.media}
	w.ResponseWriter.WriteHeader(status)
}

func (w renamed) Flush() { w.ResponseWriter.(http.Flusher).Flush() }

// redirected sends the request, and the key with it, to somebody else.
func redirected(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/elsewhere") {
			h.ServeHTTP(w, r)
			return
		}
		http.Redirect(w, r, "/elsewhere/responses", http.StatusTemporaryRedirect)
	})
}
