package main

import (
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"

	"codex-lsp/agent/config"
)

// settings are the effective settings of the process, by the folder that they
// are for, read again when a file has changed.
type settings struct {
	mu      sync.Mutex
	options config.Options     // guarded by mu; Dir is empty
	loaded  map[string]*loaded // by folder; guarded by mu
}

// A loaded is what was read for a folder, at one time.
type loaded struct {
	config *config.Config // the last that was right; nil if none was
	err    error          // what is wrong now, when there is no such
	stamps map[string]stamp
}

// A stamp tells whether a file is still the one that was read.
type stamp struct {
	modified time.Time
	size     int64
}

func stampOf(file string) stamp {
	info, err := os.Stat(file)
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size()}
}

func (l *loaded) stale() bool {
	for path, was := range l.stamps {
		if stampOf(path) != was {
			return true
		}
	}
	return false
}

// current returns the settings in force for a folder, "" for none, or what is
// wrong with them. When they were right before, they stay as they were, and
// what is wrong is among their problems.
func (s *settings) current(dir string) (*config.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.loaded[dir]
	if was != nil && !was.stale() {
		return was.config, was.err
	}
	o := s.options
	o.Dir = dir
	now := &loaded{stamps: make(map[string]stamp)}
	for _, path := range config.Watched(o) { // before they are read: what changes meanwhile is read again
		now.stamps[path] = stampOf(path)
	}
	now.config, now.err = config.Load(o)
	if now.err != nil && was != nil && was.config != nil && !errors.Is(now.err, config.ErrRequirements) {
		now.config, now.err = was.config.Despite(now.err), nil
	}
	if s.loaded == nil {
		s.loaded = make(map[string]*loaded)
	}
	s.loaded[dir] = now
	return now.config, now.err
}

// configure takes the editor's settings, which are above those of files.
func (s *settings) configure(raw []byte) []config.Problem {
	var values map[string]any
	if err := json.Unmarshal(raw, &values); err != nil && len(raw) > 0 {
		return []config.Problem{{Message: "the settings of the section codex are not a JSON object"}}
	}
	s.mu.Lock()
	s.options.Editor = values
	s.changed()
	s.mu.Unlock()
	c, err := s.current("")
	if err != nil {
		return []config.Problem{{Message: err.Error()}}
	}
	return c.Problems
}

// useProxy takes the editor's proxy.
func (s *settings) useProxy(p config.Proxy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Proxy = p
	s.changed()
}

// changed has everything read again. mu is held.
func (s *settings) changed() {
	for _, l := range s.loaded {
		l.stamps[""] = stamp{size: -1} // no file has it
	}
}
