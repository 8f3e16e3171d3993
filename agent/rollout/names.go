package rollout

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"codex-lsp/agent/flock"
)

// The names that users give threads are in Codex's session_index.jsonl: a line
// for each, of which a thread's last one counts. Codex locks
// session_index.jsonl.lock when it takes lines out.
type named struct {
	ID      string `json:"id"`
	Name    string `json:"thread_name"`
	Updated string `json:"updated_at"` // RFC 3339
}

func (s *Store) nameFile() string { return filepath.Join(s.home, "session_index.jsonl") }

// names are those of all threads that have one, by id.
func (s *Store) names() (map[string]string, error) {
	f, err := os.Open(s.nameFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names := make(map[string]string)
	in := bufio.NewScanner(f)
	for in.Scan() {
		var n named
		if json.Unmarshal(in.Bytes(), &n) == nil && n.ID != "" {
			names[n.ID] = n.Name
		}
	}
	return names, in.Err()
}

// Name is what the user calls a thread, "" for one without a name.
func (s *Store) Name(id string) string {
	names, _ := s.names() // without them, threads are called by their first prompts
	return names[id]
}

// maxName is how long a name may be, in bytes.
const maxName = 200

// Rename gives a thread a name, which Codex shows too. It may be open.
func (s *Store) Rename(id, name string) (fullID string, err error) {
	name = strings.Join(strings.Fields(name), " ")
	switch {
	case name == "":
		return "", errors.New("the name is empty")
	case len(name) > maxName || !utf8.ValidString(name):
		return "", fmt.Errorf("the name is no text of at most %d bytes", maxName)
	}
	f, err := s.anywhere(id)
	if err != nil {
		return "", err
	}
	line, err := json.Marshal(named{f.id, name, time.Now().UTC().Format(time.RFC3339Nano)})
	if err != nil {
		return "", err
	}
	release, err := s.lockNames()
	if err != nil {
		return "", err
	}
	defer release()
	out, err := os.OpenFile(s.nameFile(), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return "", err
	}
	_, err = out.Write(append(line, '\n'))
	return f.id, errors.Join(err, out.Close())
}

// unname takes a thread's name away.
func (s *Store) unname(id string) error {
	raw, err := os.ReadFile(s.nameFile())
	if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Contains(raw, []byte(id)) {
		return nil
	}
	release, err := s.lockNames()
	if err != nil {
		return err
	}
	defer release()
	if raw, err = os.ReadFile(s.nameFile()); err != nil {
		return err
	}
	var left []byte
	for line := range bytes.Lines(raw) {
		var n named
		if json.Unmarshal(line, &n) != nil || n.ID != id {
			left = append(left, line...)
		}
	}
	draft := s.nameFile() + ".codex-lsp"
	if err := os.WriteFile(draft, left, 0o600); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return os.Rename(draft, s.nameFile())
}

func (s *Store) lockNames() (release func() error, err error) {
	return lockFile(s.nameFile() + ".lock")
}

// lockFile waits for a lock that is held for a moment only.
func lockFile(path string) (release func() error, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	return flock.Wait(ctx, path)
}

// Resolve returns the id of the thread that is meant: by its id, the end of it,
// or exactly its name.
func (s *Store) Resolve(what string) (id string, err error) {
	f, err := s.anywhere(what)
	if err == nil {
		return f.id, nil
	}
	names, bad := s.names()
	if bad != nil {
		return "", bad
	}
	for of, name := range names {
		if name != what {
			continue
		}
		if _, gone := s.anywhere(of); gone != nil {
			continue
		}
		if id != "" {
			return "", fmt.Errorf("two conversations are called %q, %s and %s; say which by its id", name, id, of)
		}
		id = of
	}
	if id == "" {
		return "", err
	}
	return id, nil
}

// Show reads a thread without opening it: the end of it, where it is long.
func (s *Store) Show(id string) (Summary, *Record, error) {
	f, err := s.anywhere(id)
	if err != nil {
		return Summary{}, nil, err
	}
	names, err := s.names()
	if err != nil {
		return Summary{}, nil, err
	}
	there := measured([]saved{f})
	if len(there) == 0 {
		return Summary{}, nil, absent(fmt.Sprintf("no saved conversation %s", id))
	}
	sum, err := summarise(there[0], names)
	if err != nil {
		return Summary{}, nil, err
	}
	r, err := read(f.path, there[0].size, true)
	return sum, r, err
}
