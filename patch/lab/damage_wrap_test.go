//go:build long

package lab

import (
	"encoding/json"
	"regexp"
	"strings"

	"codex-lsp/patch"
)

// wrapped is a damage of the patch as a text.
func wrapped(f func(text string) string) func(d *dealer) bool {
	return func(d *dealer) bool {
		text := render(d.sections)
		d.text = f(text)
		return d.text != text
	}
}

// between puts a patch between two texts.
func between(before, after string) func(d *dealer) bool {
	return wrapped(func(text string) string { return before + text + after })
}

var markWords = regexp.MustCompile(`(?m)^\*\*\* (Begin Patch|End Patch|Add File|Update File|Delete File|Move to|End of File)`)

func eachMark(f func(string) string) func(d *dealer) bool {
	return wrapped(func(text string) string { return markWords.ReplaceAllStringFunc(text, f) })
}

// endMark ends a patch; its text may quote others.
const endMark = "*** End Patch\n"

// wrapDamages are what stands around a patch, and how its marks are written.
var wrapDamages = []damage{
	{"blank lines around", applies, between("\n\n", "\n\n")},
	{"no final newline", applies, wrapped(func(s string) string { return strings.TrimSuffix(s, "\n") })},
	{"byte order mark", applies, between("\ufeff", "")},
	{"fence", applies, between("```\n", "```\n")},
	{"fence with a language", applies, between("```diff\n", "```\n")},
	{"fence with tildes", applies, between("~~~\n", "~~~\n")},
	{"fence inside", applies, wrapped(func(s string) string {
		s = strings.Replace(s, "Begin Patch\n", "Begin Patch\n```\n", 1)
		return strings.TrimSuffix(s, endMark) + "```\n" + endMark
	})},
	{"heredoc", applies, between("<<EOF\n", "EOF\n")},
	{"heredoc quoted", applies, between("<<'EOF'\n", "EOF\n")},
	{"heredoc of another word", applies, between("<<'PATCH'\n", "PATCH\n")},
	{"heredoc of a command", applies, between("apply_patch <<\"EOF\"\n", "EOF\n")},
	{"heredoc behind cd", applies, between("cd . && apply_patch <<'EOF'\n", "EOF\n")},
	{"text before", applies, between("I will change this now.\n\n", "")},
	{"text after", applies, between("", "\nThis does what you asked for.\n")},
	{"text with stars around", applies, between("*** Here is the patch ***\n", "*** done\n")},
	{"JSON string", applies, wrapped(func(s string) string {
		out, _ := json.Marshal(s)
		return string(out)
	})},
	{"JSON object", applies, wrapped(func(s string) string {
		out, _ := json.Marshal(map[string]string{"input": s})
		return string(out)
	})},
	{"marks in lower case", applies, eachMark(strings.ToLower)},
	{"marks without blank", applies, eachMark(func(s string) string { return "***" + s[4:] })},
	{"marks padded", applies, eachMark(func(s string) string { return "  " + s })},
	{"marks with blanks behind", applies, wrapped(func(s string) string {
		s = strings.Replace(s, "*** Begin Patch", "*** Begin Patch  ", 1)
		return strings.TrimSuffix(s, endMark) + "*** End Patch \t\n"
	})},
	{"all indented", applies, wrapped(func(s string) string {
		return "    " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n    ") + "\n"
	})},
	{"blank lines between sections", applies, wrapped(func(s string) string {
		for _, m := range []string{"Add File", "Update File", "Delete File", "End Patch"} {
			s = strings.ReplaceAll(s, "\n*** "+m, "\n\n*** "+m)
		}
		return s
	})},
	{"git's lines above the hunks", applies, wrapped(func(s string) string {
		re := regexp.MustCompile(`(?m)^\*\*\* Update File: (.*)\n@@`)
		return re.ReplaceAllString(s, "*** Update File: $1\n--- a/$1\n+++ b/$1\n@@")
	})},
	{"two envelopes", applies, func(d *dealer) bool {
		if len(d.sections) < 2 {
			return false
		}
		d.text = render(d.sections[:1]) + render(d.sections[1:])
		return true
	}},
	{"environment named", applies, wrapped(func(s string) string {
		return strings.Replace(s, "Begin Patch\n", "Begin Patch\n*** Environment ID: local\n", 1)
	})},
	{"begin missing", either, wrapped(func(s string) string { return strings.TrimPrefix(s, "*** Begin Patch\n") })},
	{"end missing", either, wrapped(func(s string) string { return strings.TrimSuffix(s, "*** End Patch\n") })},
	{"cut off", refused, func(d *dealer) bool {
		text := render(d.sections)
		lines := strings.SplitAfter(strings.TrimSuffix(text, "*** End Patch\n"), "\n")
		d.text = strings.Join(lines[:1+d.r.Intn(len(lines)-1)], "")
		return true
	}},
}

// pathDamages are how paths are written.
var pathDamages = []damage{
	{"path quoted", applies, paths(func(p string) string { return `"` + p + `"` })},
	{"path in backticks", applies, paths(func(p string) string { return "`" + p + "`" })},
	{"path with git's prefix", applies, paths(func(p string) string { return "a/" + p })},
	{"path with ./", applies, paths(func(p string) string { return "./" + p })},
	{"path through ..", applies, paths(func(p string) string { return "x/../" + p })},
	{"path with blanks behind", applies, paths(func(p string) string { return p + "  " })},
	{"path with backslashes", either, paths(func(p string) string { return strings.ReplaceAll(p, "/", `\`) })},
	{"path of another case", refused, paths(strings.ToUpper)},
}

// paths rewrites the paths of sections that need a file to be there.
func paths(f func(string) string) func(d *dealer) bool {
	return func(d *dealer) bool {
		some := false
		d.own = true
		for i := range d.sections {
			s := &d.sections[i]
			written := f(s.path)
			some = some || written != s.path && s.op != patch.Add && (s.op == patch.Delete || len(s.hunks)+len(s.to) > 0)
			s.path = written
		}
		d.text = render(d.sections)
		return some
	}
}
