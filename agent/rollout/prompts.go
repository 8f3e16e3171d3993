package rollout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Prompt adds what a user typed to Codex's history.jsonl, from which its
// terminal offers earlier prompts: {"session_id", "ts" in Unix seconds, "text"}.
// Nobody else may read it. The oldest lines go when it has more than most bytes,
// until it is a fifth below that; 0 is no limit.
func (s *Store) Prompt(id, text string, most int64) (err error) {
	line, err := json.Marshal(struct {
		ID   string `json:"session_id"`
		Time int64  `json:"ts"`
		Text string `json:"text"`
	}{id, time.Now().Unix(), text})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.home, 0o700); err != nil {
		return err
	}
	path := filepath.Join(s.home, "history.jsonl")
	release, err := lockFile(path) // the file itself is what Codex locks
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Chmod(0o600); err != nil {
		return err
	}
	before, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		return errors.Join(err, f.Truncate(before))
	}
	if most > 0 && before+int64(len(line))+1 > most {
		return trimPrompts(f, most)
	}
	return nil
}

// trimPrompts takes the oldest lines out; the newest stays.
func trimPrompts(f *os.File, most int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	all := make([]byte, info.Size())
	if _, err := f.ReadAt(all, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	left := all
	for int64(len(left)) > most*4/5 {
		_, rest, found := bytes.Cut(left, []byte("\n"))
		if !found || len(rest) == 0 {
			break
		}
		left = rest
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.Write(left)
	return err
}
