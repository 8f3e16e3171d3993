package policy

import (
	"path"
	"strings"
)

// A folder is where a script is by its own words, and where it was before. It
// is known of even where the place is not, and may begin with ~ or be relative.
type folder struct{ now, before string }

// enter follows cd.
func (r *reader) enter(to []word) {
	if len(to) == 0 {
		to = []word{{text: r.home()}}
	}
	r.cwd = r.absolute(to[0].text)
	if to[0].text == "-" {
		r.at.now, r.at.before = r.at.before, r.at.now
		return
	}
	r.at.before = r.at.now
	next := r.locate(to[0].text)
	for _, other := range to[1:] { // values of a variable
		if at := r.locate(other.text); isStartup(at) || secretFolder(at) {
			next = at
		}
	}
	if r.at.now = path.Clean(next); len(r.at.now) > maxValue {
		r.at.now = ""
	}
}

// absolute is a path as seen from the current folder, "" if that is not known.
func (r *reader) absolute(p string) string {
	switch {
	case p == "-" || strings.ContainsAny(p, unset+unknown):
		return ""
	case path.IsAbs(p):
		return path.Clean(p)
	case r.cwd == "":
		return ""
	}
	return path.Join(r.cwd, p)
}

// locate is a path as far as the script tells where it is.
func (r *reader) locate(p string) string {
	if r.at.now == "" || p == "" || strings.IndexByte("/~"+unset+unknown, p[0]) >= 0 {
		return p
	}
	return r.at.now + "/" + p
}

// within reads a command that an option starts in another folder.
func (r *reader) within(args []word, read func()) {
	before := r.at
	for i, a := range args {
		value, ok := strings.CutPrefix(a.text, "--chdir=")
		if !ok && i+1 < len(args) && oneOf("-C -D --chdir", a.text) {
			value, ok = args[i+1].text, true
		}
		if ok {
			r.at.now = r.locate(value)
			break
		}
	}
	read()
	r.at = before
}

// pieces are the words of arguments and what is glued to options.
func pieces(args []word) (list []word) {
	for _, a := range args {
		list = append(list, a)
		if _, value, ok := strings.Cut(a.text, "="); ok {
			list = append(list, word{text: value, glob: a.glob, node: a.node})
		}
		if _, value, ok := strings.Cut(a.text, "@"); ok { // curl
			list = append(list, word{text: value, glob: a.glob, node: a.node})
		}
		for at := 2; isOption(a) && a.text[1] != '-' && at < min(len(a.text), maxCluster); at++ {
			list = append(list, word{text: a.text[at:], glob: a.glob, node: a.node})
		}
	}
	return list
}

// maxCluster bounds how many short options before a value are looked through.
const maxCluster = 8
