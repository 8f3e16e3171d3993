package config

import (
	"fmt"
	"strings"
)

// removed are the keys that Codex once had, and what took their place.
var removed = map[string]string{
	"profile":                               "name the profile on the command line: -p NAME reads NAME.config.toml beside this file",
	"disable_response_storage":              "nothing is ever stored",
	"experimental_instructions_file":        "use model_instructions_file",
	"preferred_auth_method":                 "use forced_login_method",
	"model_supports_reasoning_summaries":    "use model_reasoning_summary",
	"model_reasoning_summary_format":        "use model_reasoning_summary",
	"experimental_use_exec_command_tool":    "commands always run that way",
	"experimental_use_freeform_apply_patch": "the model decides it",
	"zsh_path":                              "the login shell is used",
	"commit_attribution":                    "nothing takes its place",
	"experimental_resume":                   "use exec resume",
}

func (r *reader) warnUnknown(n *node, k key, known []string) {
	name := k[len(k)-1]
	instead, gone := removed[name]
	near := nearest(name, known)
	switch {
	case r.strict && (n.from == nil || n.from.source != FromEditor):
		message := fmt.Sprintf("unknown configuration field `%s`", strings.Join(k, ".")) // Codex's words
		if near != "" {
			message += "; did you mean " + near + "?"
		}
		r.fail(n, k, "%s", message)
	case gone && len(k) == 1:
		r.warn(n, k, "this key is no longer used: %s", instead)
	case near != "":
		r.warn(n, k, "unknown key; did you mean %s?", near)
	case n.from == nil || n.from.source != FromEditor: // an editor's section holds settings of the plugin too
		r.warn(n, k, "unknown key")
	}
}

// nearest is the known key that a misspelt one must have meant, "" if none
// comes close.
func nearest(name string, known []string) string {
	best, least := "", 1+len(name)/5
	plain := strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	for _, k := range known {
		if d := distance(plain, k); d <= least && (best == "" || d < distance(plain, best)) {
			best = k
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
