package lsp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// maxClients bounds the clients of one socket: a person has a handful of
// editors, and each costs the memory of its documents.
const maxClients = 64

// Listen serves every client that connects to addr, all of them with the same
// agent, until ctx ends. addr is unix:PATH or tcp:127.0.0.1:PORT; whoever can
// connect can run commands as this user, so nothing else is accepted.
func Listen(ctx context.Context, addr string, o Options) error {
	l, err := listen(addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	return serveAll(ctx, l, o)
}

// serveAll closes the listener in the end, and waits for its clients.
func serveAll(ctx context.Context, l net.Listener, o Options) error {
	o.Log.Info("listening", "addr", l.Addr())
	defer l.Close()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	var clients sync.WaitGroup
	defer clients.Wait()
	seats := make(chan struct{}, maxClients)
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("accept: %w", err)
		}
		select {
		case seats <- struct{}{}:
		default:
			o.Log.Warn("client refused: too many are connected", "max", maxClients)
			conn.Close()
			continue
		}
		clients.Go(func() {
			defer func() { <-seats }()
			if err := Serve(ctx, conn, o); err != nil {
				o.Log.Info("client left", "err", err)
			}
		})
	}
}

func listen(addr string) (net.Listener, error) {
	kind, rest, _ := strings.Cut(addr, ":")
	switch kind {
	case "unix":
		return listenUnix(rest)
	case "tcp":
		return listenTCP(rest)
	}
	return nil, errors.New("unknown kind of address; use unix:PATH or tcp:127.0.0.1:PORT")
}

// listenTCP refuses every address but the machine's own.
func listenTCP(hostPort string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%q is not a loopback address: others on the network could run commands here; use 127.0.0.1, and ssh -L to come from elsewhere", host)
	}
	return net.Listen("tcp", hostPort)
}

// listenUnix makes a socket that only this user can connect to. Its folder is
// made private, and one that others have access to is refused: they could
// connect before the socket's own mode is set, or put one in its place.
func listenUnix(path string) (net.Listener, error) {
	if path == "" {
		return nil, errors.New("the path is missing; use unix:PATH")
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others have access to %s; use a folder that is only yours (chmod 700)", dir)
	}
	if err := removeDeadSocket(path); err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// removeDeadSocket clears the way of a socket that a process left behind when
// it was killed. Anything else at the path stays, and is in the way.
func removeDeadSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s exists and is no socket", path)
	}
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		return errors.New("another process listens there")
	}
	return os.Remove(path)
}
