// Package door lets the user answer the agent's questions from another
// terminal: each server listens on a Unix socket in a private folder, and
// codex-lsp approve talks to all of them.
//
// One connection is one request and one reply, each a JSON object. Only the
// same user is let in, and nothing that the server itself has started: a
// command must not approve the next one. On systems where the other side cannot
// be known there is no door.
package door

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"codex-lsp/agent"
)

const (
	folder = "approve"
	suffix = ".sock"
	// patience is how long a request or a reply may take.
	patience   = 5 * time.Second
	maxRequest = 1 << 20 // bytes
)

// A request lists the open questions, or answers one.
type request struct {
	ID      string         `json:"id,omitempty"` // "" lists
	Answer  agent.Decision `json:"decision,omitempty"`
	Message string         `json:"message,omitempty"`
	Content string         `json:"content,omitempty"` // of [agent.Answer]
}

// A reply is what a server says to a request.
type reply struct {
	Questions []agent.Question `json:"questions,omitempty"`
	Accepted  bool             `json:"accepted,omitempty"`
	Standing  agent.Decision   `json:"standing,omitempty"`
	Unknown   bool             `json:"unknown,omitempty"` // no question has this id
	Error     string           `json:"error,omitempty"`
}

// A Door is a server's socket.
type Door struct {
	ledger *agent.Ledger
	log    *slog.Logger
	dir    *sockets
	socket *net.UnixListener
	admits func(*net.UnixConn) error
	ctx    context.Context
	close  context.CancelFunc
	guests sync.WaitGroup
}

// Open begins to listen in Codex's folder. Close ends it.
func Open(home string, ledger *agent.Ledger, log *slog.Logger) (*Door, error) {
	return open(home, ledger, log, admit)
}

func open(home string, ledger *agent.Ledger, log *slog.Logger, admits func(*net.UnixConn) error) (*Door, error) {
	path := filepath.Join(home, folder)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	dir, err := openFolder(path)
	if err != nil {
		return nil, err
	}
	name := strconv.Itoa(os.Getpid()) + suffix
	if err := dir.discard(name); err != nil {
		dir.Close()
		return nil, err // a process of this number left it
	}
	socket, err := net.ListenUnix("unix", dir.addr(name))
	if err != nil {
		dir.Close()
		return nil, err
	}
	d := &Door{ledger: ledger, log: log, dir: dir, socket: socket, admits: admits}
	d.ctx, d.close = context.WithCancel(context.Background())
	d.guests.Go(d.listen)
	return d, nil
}

// Close removes the socket and waits for who is being answered.
func (d *Door) Close() error {
	d.close()
	err := d.socket.Close()
	d.guests.Wait()
	return errors.Join(err, d.dir.Close())
}

func (d *Door) listen() {
	for {
		conn, err := d.socket.AcceptUnix()
		if err != nil {
			if d.ctx.Err() == nil {
				d.log.Error("no more approvals from other terminals", "err", err)
			}
			return
		}
		d.guests.Go(func() { d.receive(conn) })
	}
}

func (d *Door) receive(conn *net.UnixConn) {
	defer conn.Close()
	defer context.AfterFunc(d.ctx, func() { conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return
	}
	var q request // is read in any case, or the guest could not finish it
	bad := json.NewDecoder(io.LimitReader(conn, maxRequest)).Decode(&q)
	r := reply{}
	if err := d.admits(conn); err != nil {
		d.log.Warn("turned away at the door", "err", err)
		r.Error = err.Error()
	} else if bad != nil {
		r.Error = "the request cannot be read: " + bad.Error()
	} else {
		r = d.answer(q)
	}
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		d.log.Debug("the door's guest left", "err", err)
	}
}

func (d *Door) answer(q request) reply {
	if q.ID == "" {
		return reply{Questions: d.ledger.Pending("")}
	}
	answer := agent.Answer{Decision: q.Answer, Message: q.Message, Content: q.Content, By: agent.ByUser}
	standing, accepted, err := d.ledger.Answer(q.ID, answer)
	switch {
	case errors.Is(err, agent.ErrUnknown):
		return reply{Unknown: true}
	case err != nil:
		return reply{Error: err.Error()}
	}
	return reply{Accepted: accepted, Standing: standing.Decision}
}
