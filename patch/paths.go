package patch

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// unquote takes off the quotes that models and git put around a path.
func unquote(p string) string {
	if len(p) < 2 || p[0] != p[len(p)-1] || !strings.ContainsRune("\"'`", rune(p[0])) {
		return p
	}
	if plain, err := strconv.Unquote(p); err == nil && p[0] == '"' {
		return plain // git's escapes
	}
	return p[1 : len(p)-1]
}

func cleanPath(p string) string {
	if p == "" {
		return ""
	}
	return path.Clean(p)
}

// checkPath refuses the names that no file can have.
func checkPath(p string) error {
	switch {
	case strings.HasSuffix(p, "/"):
		return errors.New("a path that ends in / is a folder; name a file in it")
	case p == "~" || strings.HasPrefix(p, "~/"):
		return errors.New("~ means a home folder only to a shell; write the path out")
	case cleanPath(p) == "." || cleanPath(p) == "..":
		return errors.New("this is a folder; name a file in it")
	}
	return nil
}

// spellings are the names that a path may stand for when there is no file of
// the name as written: with the other normal form of accents, with slashes for
// backslashes, without the a/ or b/ that git puts in front.
func spellings(p string) []string {
	list := []string{norm.NFC.String(p), norm.NFD.String(p)}
	if strings.Contains(p, `\`) {
		list = append(list, slashed(p))
	}
	if bare, is := cutPrefix(p); is {
		list = append(list, bare)
	}
	return slices.DeleteFunc(list, func(other string) bool { return other == p })
}

func slashed(p string) string { return cleanPath(strings.ReplaceAll(p, `\`, "/")) }

// cutPrefix takes off the a/ or b/ of a git diff.
func cutPrefix(p string) (string, bool) {
	if strings.HasPrefix(p, "a/") || strings.HasPrefix(p, "b/") {
		return p[2:], true
	}
	return p, false
}

// missing tells whether an error says that nothing is there.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
