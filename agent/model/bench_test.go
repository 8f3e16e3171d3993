//go:build unix

package model_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-lsp/agent/model"
)

// deltas is how many events a benchmarked response has.
const deltas = 20_000

// BenchmarkStream reads a long answer over loopback, at once: the cost of an
// event, from the socket to the turn loop, with the server's in cpu/event.
func BenchmarkStream(b *testing.B) {
	bench := func(wire, delta, end string) {
		b.Run(wire, func(b *testing.B) {
			var body strings.Builder
			for i := range deltas {
				fmt.Fprintf(&body, delta, i)
			}
			body.WriteString(end)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = w.Write([]byte(body.String()))
			}))
			defer srv.Close()
			p := at(srv.URL)
			p.Wire = wire
			c := model.New(p, model.Options{})
			b.SetBytes(int64(body.Len()))
			b.ReportAllocs()
			start := cpu(b)
			for b.Loop() {
				n := 0
				for ev, err := range c.Stream(b.Context(), ask("hi")) {
					if err != nil {
						b.Fatal(err)
					}
					if _, ok := ev.(model.TextDelta); ok {
						n++
					}
				}
				if n != deltas {
					b.Fatalf("%d deltas, want %d", n, deltas)
				}
			}
			events := float64(b.N) * deltas
			b.ReportMetric(events/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64((cpu(b)-start).Nanoseconds())/events, "cpu-ns/event")
		})
	}
	bench("responses",
		"event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":%d,\"item_id\":\"msg_0a1b2c3d4e5f60718293a4b5c6d7e8f9\",\"output_index\":1,\"content_index\":0,\"delta\":\" token\",\"logprobs\":[],\"obfuscation\":\"aBcDeFgH\"}\n\n",
		completed)
	bench("chat",
		"data: {\"id\":\"chatcmpl-%d\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}\n\n",
		"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
