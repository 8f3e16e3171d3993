package agent

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/google/shlex"

	"codex-lsp/agent/skills"
)

// A preset is a prompt that the user keeps in a file: prompts/NAME.md in Codex's
// home is what "/prompts:NAME argument KEY=value" stands for. In it, $1 to $9
// are the arguments, $ARGUMENTS all of them, $KEY a named one, and $$ a dollar.

const presetOpening = "/prompts:"

// Presets are the names of the user's prompts.
func Presets(home string) []string {
	files, _ := filepath.Glob(filepath.Join(home, "prompts", "*.md")) // the pattern is well-formed
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(filepath.Base(f), ".md")
	}
	return names
}

// expanded is what a text stands for: itself, mostly.
func expanded(home, text string) (string, error) {
	call, is := strings.CutPrefix(strings.TrimSpace(text), presetOpening)
	if !is {
		return text, nil
	}
	name, rest, _ := strings.Cut(call, " ")
	if names := Presets(home); !slices.Contains(names, name) {
		return "", fmt.Errorf("there is no prompt %s in %s; %s", name, filepath.Join(home, "prompts"), cmp.Or(strings.Join(names, ", "), "it is empty"))
	}
	template, err := skills.Text(filepath.Join(home, "prompts", name+".md"))
	if err != nil {
		return "", err
	}
	args, err := shlex.Split(rest)
	if err != nil {
		return "", fmt.Errorf("the arguments of %s%s: %w", presetOpening, name, err)
	}
	return fill(skills.Body(template), rest, args), nil
}

var placeholder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\$(?:\$|[1-9]|[A-Z][A-Z0-9_]*)`)
})

var namedArgument = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Z][A-Z0-9_]*)=(.*)$`) })

// fill puts arguments into a template. What none is given for stays as it is, if
// it has a name, or is left out.
func fill(template, rest string, args []string) string {
	values := map[string]string{"$ARGUMENTS": strings.TrimSpace(rest), "$$": "$"}
	n := 0
	for _, a := range args {
		if m := namedArgument().FindStringSubmatch(a); m != nil {
			values["$"+m[1]] = m[2]
			continue
		}
		n++
		values[fmt.Sprintf("$%d", n)] = a
	}
	return placeholder().ReplaceAllStringFunc(template, func(p string) string {
		v, known := values[p]
		if !known && len(p) > 2 {
			return p
		}
		return v
	})
}
