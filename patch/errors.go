package patch

import (
	"fmt"
	"strings"
)

// A MatchError says why a hunk has no place in its file. It is written for
// whoever wrote the hunk: what was looked for, what is there instead.
type MatchError struct {
	Path   string
	Hunk   int // its number in the section, from 1
	Line   int // where it begins in the text of the patch, from 1
	Reason string
	Places []int  // the lines of the file that come into question, from 1
	Detail string // what the file has there
}

func (e *MatchError) Error() string {
	return fmt.Sprintf("hunk %d of %s (patch line %d): %s%s", e.Hunk, e.Path, e.Line, e.Reason, e.Detail)
}

func (m *matcher) fails(s *sought, reason string, args ...any) *MatchError {
	return &MatchError{Path: m.path, Hunk: s.n + 1, Line: s.Line, Reason: fmt.Sprintf(reason, args...)}
}

const alreadyThere = "the file already has what this hunk makes of it"

// ambiguous names the places that fit a chunk equally well.
func (m *matcher) ambiguous(s *sought) error {
	const shown = 10 // enough to see the pattern
	var places []int
	var names []string
	for _, f := range s.fits {
		places = append(places, f.first()+1)
		if len(names) < shown {
			names = append(names, fmt.Sprint(f.first()+1))
		}
	}
	if len(places) > shown {
		names = append(names, fmt.Sprintf("%d more", len(places)-shown))
	}
	why := ""
	if s.invalid {
		why = fmt.Sprintf(" (the file has no line %q)", s.Headers[len(s.Headers)-1])
	}
	e := m.fails(s, "it fits equally well at lines %s%s; add context lines or an @@ header that only the right place has", strings.Join(names, ", "), why)
	e.Places = places
	return e
}
