package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"codex-lsp/agent"
)

// List returns the open questions of all servers, those of one in the order in
// which they came.
func List(home string) ([]agent.Question, error) {
	var all []agent.Question
	err := each(home, request{}, func(r reply) bool {
		all = append(all, r.Questions...)
		return false
	})
	return all, err
}

// Answer answers the question with this id, whichever server asks it. It
// returns the decision that stands, and whether it is this one.
func Answer(home, id string, a agent.Answer) (standing agent.Decision, accepted bool, err error) {
	found := false
	err = each(home, request{ID: id, Answer: a.Decision, Message: a.Message, Content: a.Content}, func(r reply) bool {
		if !r.Unknown {
			found, standing, accepted = true, r.Standing, r.Accepted
		}
		return found
	})
	if err == nil && !found {
		err = fmt.Errorf("%s: %w", id, agent.ErrUnknown)
	}
	return standing, accepted, err
}

// each asks one server after the other until done. Sockets that nobody listens
// on are left by processes that were killed, and removed.
func each(home string, q request, done func(reply) bool) error {
	dir, err := openFolder(filepath.Join(home, folder))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return err
	}
	var failed []error
	for _, e := range entries {
		if e.Type() != os.ModeSocket || filepath.Ext(e.Name()) != suffix {
			continue // none of ours
		}
		r, err := knock(dir.addr(e.Name()), q)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			err = dir.discard(e.Name())
		case err == nil && r.Error != "":
			err = errors.New(r.Error)
		case err == nil && done(r):
			return nil
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func knock(at *net.UnixAddr, q request) (r reply, err error) {
	conn, err := net.DialUnix("unix", nil, at)
	if err != nil {
		return r, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return r, err
	}
	if err := json.NewEncoder(conn).Encode(q); err != nil {
		return r, err
	}
	if err := json.NewDecoder(conn).Decode(&r); err != nil {
		return r, fmt.Errorf("a server does not answer: %w", err)
	}
	return r, nil
}
