// Package configfile changes the user's config.toml: one process at a time, all
// of a change or nothing of it, and nothing but what is to be changed.
//
// All of ours that write the file do so through Edit, and so under one lock.
// Codex, which writes the file too, takes none (as of 0.171: it renames a new
// file over the old one); whoever writes last between its reading and its
// writing wins. Here the file is read and written within moments, so that takes
// two people.
package configfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/disk"
	"codex-lsp/agent/flock"
	"codex-lsp/patch"
)

// patience is how long others may take with the file, pause how often it is
// looked whether they are done.
const (
	patience = 5 * time.Second
	pause    = 5 * time.Millisecond
)

// newMode is the mode of a file that was not there: it may come to hold secrets.
const newMode = 0o600

// Edit changes the config.toml in a home folder of Codex, which is made if it
// is not there. When change returns an error, the file stays as it is. ctx ends
// the wait for others who write it.
func Edit(ctx context.Context, home string, change func(*config.Document) error) error {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return fmt.Errorf("make Codex's home folder: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(home, ".config.toml.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	path := filepath.Join(home, config.FileName)
	f, err := disk.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = patch.File{Mode: newMode}, nil
	}
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	before := f.Text
	doc, err := config.ParseDocument(before)
	if err == nil {
		err = change(doc)
	}
	if err != nil {
		return fmt.Errorf("change %s: %w", path, err)
	}
	if f.Text = doc.String(); f.Text == before {
		return nil
	}
	if err := disk.Write(path, f); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// lock keeps other processes of ours from the file until unlock is called. The
// lock file stays: one that is removed could be locked by two.
func lock(ctx context.Context, path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the configuration: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("another process holds it; try again"))
	defer cancel()
	for {
		free, err := flock.Try(f)
		if free {
			return f.Close, nil
		}
		if err == nil {
			select {
			case <-ctx.Done():
				err = context.Cause(ctx)
			case <-time.After(pause):
				continue
			}
		}
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
}

// Has tells whether the config.toml in a home folder says something under a
// path of keys.
func Has(home string, path ...string) bool {
	f, err := disk.Read(filepath.Join(home, config.FileName))
	if err != nil {
		return false
	}
	doc, err := config.ParseDocument(f.Text)
	return err == nil && doc.Has(path...)
}
