package agent

import (
	"cmp"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"codex-lsp/agent/exec"
)

// A denial is what the sandbox has kept a command from.
type denial struct {
	path    string // it could not write there; "" if it is not known where
	network bool   // it could not reach the network
	call    bool   // it was killed for a system call
}

// maxDenialLines bounds how much of an output is looked at: what a command dies
// of stands at the end.
const maxDenialLines = 200

var (
	// What programs say of an error that a sandbox can be the cause of, in the
	// words of the C library and of those that write the error's name.
	deniedWords  = regexp.MustCompile(`(?i)read-only file ?system|permission denied|operation not permitted|\bE(ROFS|ACCES|PERM)\b`)
	readOnly     = regexp.MustCompile(`(?i)read-only file ?system|\bEROFS\b`)
	offlineWords = regexp.MustCompile(`(?i)could not resolve|couldn't resolve|temporary failure (in|resolving)|name or service not known|nodename nor servname|network is unreachable|network unreachable|no address associated|\b(EAI_AGAIN|ENOTFOUND|ENETUNREACH)\b|dial (tcp|udp).*(no such host|not permitted|unreachable|misbehaving)|unable to (resolve|connect)|failed to establish a new connection|failed to lookup address|no route to host`)

	// Where a message names a path: in quotes, as an absolute path, or as the
	// last word before what went wrong.
	quotedPath = regexp.MustCompile("'([^']+)'|\"([^\"]+)\"|‘([^’]+)’|`([^`']+)['`]")
	absolutely = regexp.MustCompile(`(?:^|[\s:=(])(/[^\s:'")]+)`)
	lastWord   = regexp.MustCompile(`(?i)(\S+?):? *[:(] *(?:read-only|permission|operation|EROFS|EACCES|EPERM|os error)`)
)

// denied tells whether the sandbox is why a command has failed. A path that is
// named decides: one that the command may write to, or that its user could not
// write to without a sandbox, is not the sandbox's doing.
func (f Confinement) denied(res exec.Result, dir string) (d denial, is bool) {
	if res.Running || res.ExitCode == 0 {
		return denial{}, false
	}
	if res.ExitCode == 128+int(syscall.SIGSYS) {
		return denial{call: true}, true
	}
	lines := strings.Split(strings.TrimSpace(res.Output), "\n")
	lines = lines[max(0, len(lines)-maxDenialLines):]
	for _, line := range lines {
		if !f.Policy.Network && offlineWords.MatchString(line) {
			return denial{network: true}, true
		}
		words := deniedWords.FindStringIndex(line)
		if words == nil {
			continue
		}
		others := false // paths that are not the sandbox's doing
		for _, path := range pathsIn(line, words[0]) {
			switch path = absolute(dir, path); {
			case f.holds(path) && couldWrite(path):
				return denial{path: path}, true
			case f.holds(path):
				others = true
			}
		}
		is = is || !others && readOnly.MatchString(line)
	}
	return denial{}, is
}

// pathsIn are what may be paths in a message, the likeliest first: the last one
// before what went wrong. What the line begins with is who says it, if there is
// another one.
func pathsIn(line string, wrong int) []string {
	type place struct {
		start int
		path  string
	}
	var all []place
	for _, form := range []*regexp.Regexp{quotedPath, absolutely, lastWord} {
		for _, at := range form.FindAllStringSubmatchIndex(line, -1) {
			for i := 2; i < len(at); i += 2 {
				if at[i] < 0 {
					continue
				}
				path := strings.Trim(line[at[i]:at[i+1]], `'"‘’[]():,`)
				if path != "" && !strings.HasPrefix(path, "-") {
					all = append(all, place{at[i], path})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b place) int {
		if (a.start < wrong) != (b.start < wrong) {
			return cmp.Compare(a.start, b.start)
		}
		if a.start < wrong {
			return cmp.Compare(b.start, a.start)
		}
		return cmp.Compare(a.start, b.start)
	})
	var paths []string
	others := slices.ContainsFunc(all, func(p place) bool { return p.start > 0 })
	for _, p := range all {
		if p.start > 0 || !others {
			paths = append(paths, p.path)
		}
	}
	return paths
}

// couldWrite tells whether this process, which is in no sandbox, could write to
// a path: to what is there, or to the nearest folder if nothing is.
func couldWrite(path string) bool {
	for {
		err := unix.Access(path, unix.W_OK)
		if err != syscall.ENOENT {
			return err == nil
		}
		parent := filepath.Dir(path)
		if parent == path {
			return false
		}
		path = parent
	}
}

// explain says what was denied, and what is allowed.
func (f Confinement) explain(d denial) string {
	switch {
	case d.call:
		return "the sandbox ended it for a system call that it does not allow"
	case d.network:
		return "the sandbox has no network"
	case d.path != "":
		return "the sandbox does not let it write to " + exec.Visible(d.path) + "; commands may write " + f.where()
	}
	return "the sandbox may have kept it from writing; commands may write " + f.where()
}
