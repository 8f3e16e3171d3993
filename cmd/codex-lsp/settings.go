package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"time"

	"codex-lsp/agent/config"
)

// settings are the effective settings of the process, read again when the
// file has changed.
type settings struct {
	mu      sync.Mutex
	options config.Options // guarded by mu
	config  *config.Config // guarded by mu; nil while err is set
	err     error          // guarded by mu
	read    bool           // guarded by mu
	stamp   stamp          // of the file when it was read; guarded by mu
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

// current returns the settings in force, or what is wrong with them.
func (s *settings) current() (*config.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	home, err := config.Home(s.options)
	if err != nil {
		return nil, err
	}
	if now := stampOf(filepath.Join(home, config.FileName)); !s.read || now != s.stamp {
		s.config, s.err = config.Load(s.options)
		s.read, s.stamp = true, now
	}
	return s.config, s.err
}

// configure takes the editor's settings, which override the file's.
func (s *settings) configure(raw []byte) []config.Problem {
	var values map[string]any
	if err := json.Unmarshal(raw, &values); err != nil && len(raw) > 0 {
		return []config.Problem{{Message: "the settings of the section codex are not a JSON object"}}
	}
	s.mu.Lock()
	s.options.Editor, s.read = values, false
	s.mu.Unlock()
	c, err := s.current()
	if err != nil {
		return []config.Problem{{Message: err.Error()}}
	}
	return c.Problems
}

// useProxy takes the editor's proxy.
func (s *settings) useProxy(p config.Proxy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Proxy, s.read = p, false
}
