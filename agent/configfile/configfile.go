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

// patience is how long others may take with the file.
const patience = 5 * time.Second

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

// lock keeps other processes of ours from the file until unlock is called.
func lock(ctx context.Context, path string) (unlock func() error, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if unlock, err = flock.Wait(ctx, path); errors.Is(err, flock.ErrHeld) {
		err = fmt.Errorf("%w; try again", err)
	}
	return unlock, err
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
