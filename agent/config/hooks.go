package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
)

// Hooks is the programs that run at events, as their files have them.
type Hooks struct {
	Notify  []string // notify: a program that is told of each turn's end, and its arguments
	Files   []HookFile
	Trusted map[string]HookState // hooks.state, by the key of a hook
	Bypass  bool                 // bypass_hook_trust: all that are enabled run; never from a file
}

// A HookFile is one file's table of hooks, by event.
type HookFile struct {
	Path    string // of the file; that of -c is one that cannot be
	Managed bool   // by the machine's administrator, whom nobody need trust anew
	Events  map[string]any
}

// A HookState is what the user has decided about a hook.
type HookState struct {
	Hash     string // trusted_hash: of the definition that may run
	Disabled bool   // enabled = false
}

// hooksFile is beside a config.toml, and holds the same table as JSON under
// "hooks".
const hooksFile = "hooks.json"

// sessionFlags is the file that Codex names in place of -c.
const sessionFlags = "/<session-flags>/config.toml"

// hooks reads what each layer has of them. Those of a project count once it is
// trusted; each hook needs the user's trust of its own besides.
func (s *stack) hooks(r *reader) (h Hooks) {
	r.texts(key{"notify"}, &h.Notify)
	h.Trusted = make(map[string]HookState)
	for _, l := range s.layers {
		table, _ := l.values["hooks"].(map[string]any)
		events := make(map[string]any)
		for name, v := range table {
			if name == "state" {
				h.takeStates(v)
			} else {
				events[name] = v
			}
		}
		if len(events) > 0 {
			path := l.file
			if path == "" {
				path = sessionFlags
			}
			h.Files = append(h.Files, HookFile{path, l.source == FromSystem, events})
		}
		if v, ok := l.values["bypass_hook_trust"].(bool); ok && (l.source == FromOverride || l.source == FromFlag) {
			h.Bypass = v
		}
	}
	system := s.options.System
	if system == "" {
		system = systemFolder
	}
	for _, dir := range append([]string{system, s.home}, s.project.active...) {
		s.hooksIn(&h, filepath.Join(dir, hooksFile), dir == system)
	}
	s.requiredHooks(&h)
	if s.managedOnly() {
		h.Files = slices.DeleteFunc(h.Files, func(f HookFile) bool { return !f.Managed })
	}
	return h
}

func (h *Hooks) takeStates(v any) {
	states, _ := v.(map[string]any)
	for key, v := range states {
		fields, _ := v.(map[string]any)
		st := h.Trusted[key]
		if hash, ok := fields["trusted_hash"].(string); ok {
			st.Hash = hash
		}
		if enabled, ok := fields["enabled"].(bool); ok {
			st.Disabled = !enabled
		}
		h.Trusted[key] = st
	}
}

// hooksIn reads a hooks.json. One that cannot be read is a problem and no error:
// nothing of it runs.
func (s *stack) hooksIn(h *Hooks, path string, managed bool) {
	s.watched = append(s.watched, path)
	text, err := readRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var file struct {
		Hooks map[string]any `json:"hooks"`
	}
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		s.problems = append(s.problems, Problem{File: path, Message: fmt.Sprintf("none of its hooks runs: %v", err)})
		return
	}
	if len(file.Hooks) > 0 {
		h.Files = append(h.Files, HookFile{path, managed, file.Hooks})
	}
}
