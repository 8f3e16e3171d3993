// Package skills finds instructions for special tasks, as Codex does: folders
// with a SKILL.md, whose front matter says what it is for. The model is told
// their names and reads one when it needs it; "$name" in a prompt sends it along.
//
//	---
//	name: release
//	description: How this project is released.
//	---
//	First, …
package skills

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// A Skill is one folder with a SKILL.md.
type Skill struct {
	Name        string
	Description string // one line
	Path        string // of its SKILL.md, absolute
}

const (
	fileName       = "SKILL.md"
	maxFile        = 256 << 10 // bytes of a SKILL.md
	maxSkills      = 200       // in all
	maxDescription = 1024      // bytes
	maxDepth       = 4         // folders below one that holds skills
)

// Folders are where skills are looked for, those that win first: in each of the
// project's folders, the nearest first, in the user's and in the machine's.
func Folders(project []string, home, userHome string) []string {
	var dirs []string
	for _, dir := range slices.Backward(project) {
		dirs = append(dirs, filepath.Join(dir, ".agents", "skills"), filepath.Join(dir, ".codex", "skills"))
	}
	dirs = append(dirs, filepath.Join(home, "skills"))
	if userHome != "" {
		dirs = append(dirs, filepath.Join(userHome, ".agents", "skills"))
	}
	return append(dirs, "/etc/codex/skills")
}

// Find lists the skills of these folders by name. Of two with one name the first
// counts. What cannot be read is an error beside the others.
func Find(folders []string, disabled func(Skill) bool) ([]Skill, []error) {
	f := finder{byName: make(map[string]bool), disabled: disabled}
	for _, dir := range folders {
		f.walk(dir, maxDepth)
	}
	slices.SortFunc(f.found, func(a, b Skill) int { return strings.Compare(a.Name, b.Name) })
	return f.found, f.errs
}

type finder struct {
	found    []Skill
	errs     []error
	byName   map[string]bool
	disabled func(Skill) bool
}

func (f *finder) walk(dir string, depth int) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // there is none, mostly
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path) // a link may lead to a folder
		if err != nil || !info.IsDir() || strings.HasPrefix(e.Name(), ".") && e.Name() != ".system" {
			continue
		}
		if file := filepath.Join(path, fileName); isFile(file) {
			f.add(file)
		} else if depth > 1 {
			f.walk(path, depth-1)
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func (f *finder) add(file string) {
	s, err := read(file)
	switch {
	case err != nil:
		f.errs = append(f.errs, err)
	case f.disabled(s), f.byName[s.Name], len(f.found) == maxSkills:
	default:
		f.byName[s.Name] = true
		f.found = append(f.found, s)
	}
}

// read reads what a SKILL.md says of itself.
func read(file string) (s Skill, err error) {
	text, err := Text(file)
	if err != nil {
		return s, err
	}
	matter, _, ok := frontMatter(text)
	if !ok {
		return s, fmt.Errorf("%s is no skill: it begins with no front matter, which is name and description between two lines of ---", file)
	}
	var head struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
	}
	if err := yaml.Unmarshal([]byte(matter), &head); err != nil {
		return s, fmt.Errorf("%s: its front matter is no YAML: %w", file, err)
	}
	s = Skill{Name: strings.TrimSpace(head.Name), Description: strings.Join(strings.Fields(head.Description), " "), Path: file}
	if s.Name == "" {
		s.Name = filepath.Base(filepath.Dir(file))
	}
	switch {
	case !nameForm().MatchString(s.Name):
		return s, fmt.Errorf("%s: %q is no name for a skill; letters, digits, - and _ are", file, s.Name)
	case s.Description == "":
		return s, fmt.Errorf("%s: there is no description, by which it could be found", file)
	}
	if len(s.Description) > maxDescription {
		s.Description = strings.ToValidUTF8(s.Description[:maxDescription], "") + "…"
	}
	return s, nil
}

var nameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_:-]{0,63}$`) })

// frontMatter takes a text apart at its two lines of dashes.
func frontMatter(text string) (matter, rest string, ok bool) {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\uFEFF"), "\r\n", "\n")
	if text, ok = strings.CutPrefix(text, "---\n"); !ok {
		return "", "", false
	}
	if rest, ok = strings.CutPrefix(text, "---\n"); ok {
		return "", rest, true
	}
	matter, rest, ok = strings.Cut(text, "\n---\n")
	if !ok {
		matter, ok = strings.CutSuffix(text, "\n---")
	}
	return matter, rest, ok
}

// Body is a text without its front matter.
func Body(text string) string {
	if _, rest, ok := frontMatter(text); ok {
		return strings.TrimLeft(rest, "\n")
	}
	return text
}

var errLarge = fmt.Errorf("it has more than %d KiB", maxFile>>10)

// Text reads a SKILL.md.
func Text(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
	case len(b) > maxFile:
		err = errLarge
	case bytes.IndexByte(b, 0) >= 0:
		err = errors.New("it is no text")
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return string(b), nil
}

// Mentioned are the skills that a prompt names, "$name" each, in its order.
func Mentioned(list []Skill, prompt string) []Skill {
	var found []Skill
	for _, m := range mention().FindAllStringSubmatch(prompt, -1) {
		i := slices.IndexFunc(list, func(s Skill) bool { return s.Name == m[1] })
		if i >= 0 && !slices.Contains(found, list[i]) {
			found = append(found, list[i])
		}
	}
	return found
}

var mention = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|[^\w$\\])\$([A-Za-z0-9][A-Za-z0-9_:-]*)`) })
