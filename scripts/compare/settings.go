package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// settingsFiles are a user's settings and a project's. A profile is not among
// them: Codex's server takes none.
//
//go:embed settings
var settingsFiles embed.FS

// effective is what is in force, key by key, and from which kind of layer.
type effective struct {
	values  map[string]any
	sources map[string]string
}

// settings compares what both make of the same files.
func (c comparison) settings() error {
	home, err := newHome()
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	dir := filepath.Join(home, "project")
	lines, err := laySettings(home, dir)
	if err != nil {
		return err
	}
	theirs, err := c.codexSettings(home, dir)
	if err != nil {
		return fmt.Errorf("ask Codex: %w", err)
	}
	ours, err := c.ourSettings(home, dir)
	if err != nil {
		return fmt.Errorf("codex-lsp: %w", err)
	}
	return compareSettings(ours, theirs, lines)
}

// laySettings writes the files, and counts the lines of the user's.
func laySettings(home, dir string) (lines int, err error) {
	for name, path := range map[string]string{
		"user":    filepath.Join(home, "config.toml"),
		"project": filepath.Join(dir, ".codex", "config.toml"),
	} {
		text, err := settingsFiles.ReadFile("settings/" + name + ".toml")
		if err != nil {
			return 0, err
		}
		if name == "user" {
			lines = strings.Count(string(text), "\n")
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return 0, err
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "PROJECT", dir)), 0o600); err != nil {
			return 0, err
		}
	}
	return lines, exec.Command("git", "init", "-q", dir).Run()
}

// overrides are given to both on the command line.
var overrides = []string{"-c", "model_reasoning_summary=concise", "-c", "tui.animations=true"}

// codexSettings asks the real Codex.
func (c comparison) codexSettings(home, dir string) (e effective, err error) {
	p, err := start(home, false, c.codex, append(slices.Clone(overrides), "app-server")...)
	if err != nil {
		return e, err
	}
	defer p.stop()
	a := &codexAgent{p: p}
	if err := a.initialize(); err != nil {
		return e, err
	}
	var read struct {
		Config  map[string]any
		Origins map[string]struct {
			Name struct{ Type string }
		}
	}
	if err := p.call("config/read", map[string]any{"includeLayers": true, "cwd": dir}, &read); err != nil {
		return e, err
	}
	e = effective{map[string]any{}, map[string]string{}}
	flatten(read.Config, "", e.values)
	for key, o := range read.Origins {
		source := o.Name.Type
		if source == "sessionFlags" {
			source = "-c"
		}
		e.sources[key] = source
	}
	return e, nil
}

// ourSettings asks codex-lsp.
func (c comparison) ourSettings(home, dir string) (e effective, err error) {
	cmd := exec.Command(c.lsp, append([]string{"config", "show", "--json", "-C", dir}, overrides...)...)
	cmd.Env = []string{"HOME=" + home, "CODEX_HOME=" + home, "PATH=" + os.Getenv("PATH")}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return e, err
	}
	var shown struct {
		Config  map[string]any
		Origins map[string]struct{ Source string }
	}
	if err := json.Unmarshal(out, &shown); err != nil {
		return e, err
	}
	e = effective{map[string]any{}, map[string]string{}}
	flatten(shown.Config, "", e.values)
	for key, o := range shown.Origins {
		e.sources[strings.ReplaceAll(key, `"`, "")] = o.Source
	}
	return e, nil
}

// flatten lists the values that are set, by dotted key.
func flatten(table map[string]any, prefix string, into map[string]any) {
	for name, value := range table {
		switch v := value.(type) {
		case nil:
		case map[string]any:
			flatten(v, prefix+name+".", into)
		default:
			into[prefix+name] = v
		}
	}
}

// secretValue is what codex-lsp shows in place of a secret.
const secretValue = "set"

// compareSettings prints what is alike and what is not. That both have the
// same values, from the same layers, is what it is about: anything else is an
// error.
func compareSettings(ours, theirs effective, lines int) error {
	set, defaults := 0, 0
	var wrong []string
	for _, key := range slices.Sorted(maps.Keys(ours.values)) {
		mine, other := ours.values[key], theirs.values[key]
		source, theirSource := ours.sources[key], theirs.sources[key]
		if theirSource == "" {
			theirSource = theirs.sources[key+".0"] // of a list, its elements
		}
		switch {
		case source == "default" && other == nil:
			continue // Codex does not tell this default
		case source == "default" && reflect.DeepEqual(mine, other):
			defaults++
			continue
		case mine == secretValue && other != nil && other != "":
		case !reflect.DeepEqual(mine, other):
			wrong = append(wrong, fmt.Sprintf("%s: %v; Codex %v", key, mine, other))
			continue
		}
		if set++; source != theirSource {
			wrong = append(wrong, fmt.Sprintf("%s: from %s; Codex from %s", key, source, theirSource))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(theirs.sources)) {
		name := strings.TrimSuffix(key, ".0")
		if _, known := ours.values[name]; !known && theirs.values[name] != nil {
			wrong = append(wrong, fmt.Sprintf("%s: not set; Codex %v", name, theirs.values[name]))
		}
	}
	fmt.Printf("\nA config.toml of %d lines, with a trusted project's settings and two overrides: %d values that are set and %d defaults are those that Codex reports, from the same layers; %d are not\n", lines, set, defaults, len(wrong))
	for _, w := range wrong {
		fmt.Println("-", w)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d settings differ from Codex's", len(wrong))
	}
	return nil
}
