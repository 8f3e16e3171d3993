package lsp

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"go.lsp.dev/jsonrpc2"

	"codex-lsp/lsp/lsptest"
)

// serving starts a server and returns the client's end of its connection.
func serving(t testing.TB) io.ReadWriteCloser { return servingWith(t, testOptions(t)) }

func servingWith(t testing.TB, o Options) io.ReadWriteCloser {
	near, far := net.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = Serve(context.Background(), far, o)
	}()
	t.Cleanup(func() {
		near.Close()
		<-served
	})
	return near
}

func TestInFlight(t *testing.T) {
	var f inFlight
	id := jsonrpc2.NewNumberID(7)
	ctx, done, err := f.start(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.start(t.Context(), id); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second call under the same id: %v", err)
	}
	if err := f.cancel([]byte(`{"id":"7"}`)); err != nil || ctx.Err() != nil {
		t.Errorf("the string id cancelled the number's call: %v, %v", err, ctx.Err())
	}
	if err := f.cancel([]byte(`{"id":7}`)); err != nil || ctx.Err() == nil {
		t.Errorf("not cancelled: %v", err)
	}
	done()
	if _, done, err := f.start(t.Context(), id); err != nil {
		t.Errorf("the id is free again: %v", err)
	} else {
		done()
	}
	for i := range maxCalls {
		if _, _, err := f.start(t.Context(), jsonrpc2.NewStringID(fmt.Sprint(i))); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if _, _, err := f.start(t.Context(), id); err == nil {
		t.Error("there is no bound to open calls")
	}
}

// TestOrder floods the server with changes of one document: each is relative
// to the one before, so that a single one out of order shows in the text.
func TestOrder(t *testing.T) {
	b := newBench(t, lsptest.Plain, map[string]string{"a.txt": "0\n"})
	path := b.path("a.txt")
	b.Open(path)
	const n = 2000
	var calls sync.WaitGroup
	for i := range n {
		b.Type(path, fmt.Sprintf("%d\n", i), fmt.Sprintf("%d\n", i+1))
		if i%100 == 0 {
			calls.Go(func() {
				if err := b.Execute("codex.status", struct{}{}, nil); err != nil {
					t.Errorf("codex.status: %v", err)
				}
			})
		}
	}
	calls.Wait()
	b.settled("a.txt")
	if got, want := b.server.docs.at(path).text.String(), fmt.Sprintf("%d\n", n); got != want {
		t.Errorf("the mirror holds %q, want %q", got, want)
	}
	if v := b.server.docs.at(path).version; v != n+1 {
		t.Errorf("version %d, want %d", v, n+1)
	}
}

// TestPanicIsAnAnswer: a handler's panic costs its call, not the session.
func TestPanicIsAnAnswer(t *testing.T) {
	b := newBench(t, lsptest.Plain, nil)
	boom := b.server.route(func(context.Context, *jsonrpc2.Request) (any, error) { panic("boom") })
	near, far := net.Pipe()
	server, client := jsonrpc2.NewConn(jsonrpc2.NewStream(far)), jsonrpc2.NewConn(jsonrpc2.NewStream(near))
	server.Go(t.Context(), boom)
	client.Go(t.Context(), jsonrpc2.MethodNotFoundHandler)
	for range 2 {
		_, err := client.Call(t.Context(), "textDocument/hover", map[string]any{}, nil)
		if err == nil || !strings.Contains(err.Error(), "internal error: boom") {
			t.Errorf("the call was answered with %v", err)
		}
		if err := client.Notify(t.Context(), "textDocument/didSave", map[string]any{}); err != nil {
			t.Error(err)
		}
	}
	client.Close()
	server.Close()
}
