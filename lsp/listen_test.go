package lsp

import (
	"context"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/lsp/lsptest"
)

// listening listens and returns how to connect and how to stop.
func listening(t *testing.T, addr string) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	o := testOptions(t)
	l, err := listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	go func() { result <- serveAll(ctx, l, o) }()
	return func() error { cancel(); return <-result }
}

func TestListenUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "private", "codex.sock")
	stop := listening(t, "unix:"+path)
	for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, want %v; %v", name, info.Mode(), want, err)
		}
	}
	if _, err := listen("unix:" + path); err == nil || !strings.Contains(err.Error(), "another process listens") {
		t.Errorf("a second listener: %v", err)
	}
	var editors []*lsptest.Editor
	for range 3 {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		e := lsptest.Connect(t, lsptest.Plain, conn)
		e.Initialize()
		editors = append(editors, e)
	}
	editors[0].Hangup() // which must not trouble the others
	for _, e := range editors[1:] {
		if err := e.Execute("codex.status", struct{}{}, nil); err != nil {
			t.Errorf("codex.status: %v", err)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("Listen returned %v", err)
	}
	for _, e := range editors[1:] {
		e.Hangup()
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket is still there")
	}
}

func TestListenTCP(t *testing.T) {
	l, err := listen("tcp:127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	o := testOptions(t)
	go func() { result <- serveAll(ctx, l, o) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	e := lsptest.Connect(t, lsptest.VSCode, conn)
	e.Initialize()
	e.Leave()
	cancel()
	if err := <-result; err != nil {
		t.Error(err)
	}
}

func TestListenRefused(t *testing.T) {
	open := t.TempDir()
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	private := t.TempDir()
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(private, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for addr, part := range map[string]string{
		"tcp:0.0.0.0:0":                "not a loopback address",
		"tcp:192.0.2.1:0":              "not a loopback address",
		"tcp::0":                       "not a loopback address",
		"tcp:localhost:0":              "not a loopback address",
		"tcp:127.0.0.1":                "missing port",
		"unix:":                        "the path is missing",
		"unix:" + open + "/codex.sock": "chmod 700",
		"unix:" + file:                 "is no socket",
		"pipe:x":                       "unknown kind of address",
	} {
		err := Listen(t.Context(), addr, testOptions(t))
		if err == nil || !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), addr) {
			t.Errorf("%s: %v, want %q", addr, err, part)
		}
	}
}

// TestDeadSocket: one that a killed process left is in nobody's way.
func TestDeadSocket(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "codex.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	again, err := listen("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// TestTooManyClients: the one too many is told by a closed connection.
func TestTooManyClients(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "codex.sock")
	stop := listening(t, "unix:"+path)
	var conns []net.Conn
	for range maxClients {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	last, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := last.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("read %d bytes, %v; want EOF", n, err)
	}
	for _, conn := range append(conns, last) {
		conn.Close()
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
