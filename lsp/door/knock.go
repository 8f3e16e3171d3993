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
func Answer(home, id string, decision agent.Decision, message string) (standing agent.Decision, accepted bool, err error) {
	found := false
	err = each(home, request{ID: id, Answer: decision, Message: message}, func(r reply) bool {
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
	entries, err := os.ReadDir(filepath.Join(home, folder))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var failed []error
	for _, e := range entries {
		name := filepath.Join(home, folder, e.Name())
		r, err := knock(name, q)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			err = os.Remove(name)
			if errors.Is(err, os.ErrNotExist) {
				err = nil
			}
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

func knock(name string, q request) (r reply, err error) {
	conn, err := net.DialTimeout("unix", name, patience)
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
		return r, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}
