package config

import (
	"fmt"
	"strings"
)

// A Problem is something wrong in a configuration file or override.
type Problem struct {
	File    string // "" for a -c override or an editor setting
	Line    int    // 1-based; 0 if unknown
	Column  int    // 1-based, in bytes; 0 if unknown
	Key     string // dotted
	Message string
	Fatal   bool   // nothing can be done until it is mended
	source  string // what stands for the file where there is none
}

// FromCommandLine tells whether it is an override of the command line that is
// wrong.
func (p Problem) FromCommandLine() bool {
	return strings.HasPrefix(p.source, "-c") || p.source == FromFlag.name()
}

// Error implements error: where, which key, what is wrong.
func (p Problem) Error() string {
	where := p.source
	if p.File != "" {
		where = p.File
		if p.Line > 0 {
			where = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
		}
	}
	switch {
	case p.Key == "":
		return where + ": " + p.Message
	case where == "":
		return p.Key + ": " + p.Message
	}
	return fmt.Sprintf("%s: %s: %s", where, p.Key, p.Message)
}
