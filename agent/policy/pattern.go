package policy

import (
	"regexp"
	"sync"
)

// pattern is compiled when it is first used: a process that judges no command
// starts without it.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
