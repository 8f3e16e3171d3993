package policy

import (
	"path"
	"strings"
)

// name is the program of a command without its folder, as a case-insensitive
// file system would find it. It is "" if it is known only at run time.
func name(words []word) string {
	if len(words) == 0 || !words[0].exact() {
		return ""
	}
	base := strings.TrimPrefix(words[0].text, "=") // in zsh, the program that is found
	if strings.Contains(base, "/") {
		base = path.Base(base)
	}
	base = strings.TrimSuffix(strings.ToLower(base), ".exe")
	if strings.HasPrefix(base, "python") {
		return strings.TrimRight(base, "0123456789.")
	}
	return base
}

// operands are the arguments that are no options.
func operands(args []word) []word {
	var ops []word
	for i, a := range args {
		if a.text == "--" {
			return append(ops, args[i+1:]...)
		}
		if !isOption(a) {
			ops = append(ops, a)
		}
	}
	return ops
}

func isOption(w word) bool { return len(w.text) > 1 && w.text[0] == '-' }

// hasOption tells whether a command has one of the short options, alone or in a
// cluster, or one of the long ones, in full or shortened as getopt allows. A
// long option that is written with one dash must be in full.
func hasOption(args []word, short, long string) bool {
	for _, a := range args {
		if a.text == "--" {
			return false
		}
		if isOption(a) && matchOption(a.text, short, long) {
			return true
		}
	}
	return false
}

func matchOption(text, short, long string) bool {
	if rest, ok := strings.CutPrefix(text, "--"); ok {
		given, _, _ := strings.Cut(rest, "=")
		for l := range strings.FieldsSeq(long) {
			if strings.HasPrefix(l, given) && given != "" {
				return true
			}
		}
		return false
	}
	cluster, _, _ := strings.Cut(text[1:], "=")
	if strings.ContainsAny(cluster, short) {
		return true
	}
	for l := range strings.FieldsSeq(long) {
		if l == cluster {
			return true
		}
	}
	return false
}

// oneOf tells whether a list of names, separated by spaces, has this one.
func oneOf(list, name string) bool {
	for n := range strings.FieldsSeq(list) {
		if n == name {
			return name != ""
		}
	}
	return false
}
