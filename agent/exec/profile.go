package exec

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A login shell reads start-up files that can take a second and more: version
// managers, completions. A model runs dozens of commands, each in a login
// shell. So the files are read once, and what they leave is given to the
// commands: the variables as their environment, and functions, aliases and
// options by a line before the script. Codex does the same, and calls it a
// shell snapshot.
//
// It is kept in memory. A file would be one that commands could write, and
// another command, with more rights, would run.

//go:embed profile_bash.sh
var bashDump string

//go:embed profile_zsh.sh
var zshDump string

const (
	profileTime = 10 * time.Second // as long as Codex waits for the start-up files
	maxRestore  = 512 << 10        // of functions and the like; more than that is read anew each time
	maxEntry    = 96 << 10         // of one variable: Linux takes no more than 128 KiB
	maxProfiles = 32
)

// A profile is what start-up files leave in a shell.
type profile struct {
	env     []string // what its programs see
	restore string   // a script that makes the rest, "" if there is none
	aliases bool     // it makes aliases
	stamp   string   // of the files, when they were read
	err     error    // they cannot be had this way
	late    bool     // they took too long
}

// profiles are the profiles of a Runner, by what they depend on.
type profiles struct {
	log      *slog.Logger
	patience time.Duration
	mu       sync.Mutex
	by       map[string]*slot // guarded by mu
}

// A slot is one profile. Who fills it holds its token.
type slot struct {
	busy chan struct{} // capacity 1
	held *profile      // nil until it was read; guarded by the token
}

// slot finds or makes the slot of a command.
func (p *profiles) slot(key string) *slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.by[key]
	if s == nil {
		if len(p.by) >= maxProfiles || p.by == nil {
			p.by = make(map[string]*slot)
		}
		s = &slot{busy: make(chan struct{}, 1)}
		p.by[key] = s
	}
	return s
}

// login returns the profile of a command that wants a login shell; nil if its
// shell is to read the files itself, as those do that have no functions to
// list. They read little.
func (r *Runner) login(ctx context.Context, shell string, c Command) (*profile, error) {
	dump := dumpOf(shell)
	if dump == "" {
		return nil, nil
	}
	base := inherited(c)
	s := r.profiles.slot(strings.Join(append(base, shell, c.Dir, c.Confinement), "\x00"))
	select {
	case s.busy <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.busy }()
	stamp := startupStamp(base)
	if s.held == nil || s.held.stamp != stamp {
		p := r.readProfile(ctx, shell, dump, c)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p.stamp = stamp
		if p.err != nil {
			r.profiles.log.Warn("the start-up files of the login shell are not kept", "shell", shell, "err", p.err)
		}
		s.held = p
	}
	if s.held.err != nil && !s.held.late {
		return nil, nil
	}
	return s.held, nil
}

// dumpOf is the script that prints what a shell of this kind holds.
func dumpOf(shell string) string {
	switch filepath.Base(shell) {
	case "bash":
		return bashDump
	case "zsh":
		return zshDump
	}
	return ""
}

// startupFiles are all that login shells read.
var startupFiles = strings.Fields(`
	/etc/profile /etc/bash.bashrc /etc/zshenv /etc/zprofile /etc/zshrc /etc/zlogin
	/etc/zsh/zshenv /etc/zsh/zprofile /etc/zsh/zshrc /etc/zsh/zlogin
	.profile .bash_profile .bash_login .bashrc .zshenv .zprofile .zshrc .zlogin`)

// StartupFiles are the names of those that are the user's own, in the home
// folder: what is written there runs in every shell that comes after.
func StartupFiles() []string {
	return slices.DeleteFunc(slices.Clone(startupFiles), filepath.IsAbs)
}

// startupStamp changes when one of the files does.
func startupStamp(env []string) string {
	var b strings.Builder
	home := valueOf(env, "HOME")
	for _, file := range startupFiles {
		dir := home
		if strings.HasPrefix(file, ".z") {
			dir = cmp.Or(valueOf(env, "ZDOTDIR"), home)
		}
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		if info, err := os.Stat(file); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// valueOf is the last value that env has for a name.
func valueOf(env []string, name string) string {
	for _, entry := range slices.Backward(env) {
		if value, is := strings.CutPrefix(entry, name+"="); is {
			return value
		}
	}
	return ""
}

// readProfile runs the start-up files, and a shell without them to tell what
// they have changed.
func (r *Runner) readProfile(ctx context.Context, shell, dump string, c Command) *profile {
	mark := rand.Text()
	dump = strings.ReplaceAll(dump, "@MARK@", mark)
	read := func(login bool) ([][]byte, error) {
		flags := []string{"-lc"}
		if !login {
			flags = map[string][]string{"bash": {"--noprofile", "--norc", "-c"}, "zsh": {"-fc"}}[filepath.Base(shell)]
		}
		said, err := r.dump(ctx, Command{
			Owner: profileOwner, Dir: c.Dir, Vars: c.Vars, Unset: c.Unset, Wrap: c.Wrap,
			argv: append(append([]string{shell}, flags...), dump),
		})
		if err != nil {
			return nil, err
		}
		parts := bytes.Split(said, []byte("\x00"+mark+"\x00"))
		if len(parts) != sections+2 {
			return nil, errors.New("the shell ended before it had told all")
		}
		return parts[1 : sections+1], nil
	}
	plain, err := read(false)
	if err != nil {
		return &profile{err: err}
	}
	login, err := read(true)
	if err != nil {
		return &profile{env: inherited(c), err: err, late: errors.Is(err, errLate)}
	}
	return compare(plain, login, c)
}

// The sections of a dump, in order.
const (
	partOptions = iota
	partVariables
	partFunctions
	partAliases
	partEnv
	sections
)

var errLate = errors.New("they took too long; commands run without them, until one of the files is changed")

// profileOwner owns the shells that read start-up files: nobody's thread.
const profileOwner = "\x00profile"

// dump runs a command for what it prints, byte for byte, and leaves nothing of
// it but daemons.
func (r *Runner) dump(ctx context.Context, c Command) ([]byte, error) {
	c.environ = environ(c, inherited(c))
	s, err := r.start(c)
	if err != nil {
		return nil, err
	}
	defer r.leave(s)
	err = s.await(ctx, r.profiles.patience, nil)
	if err == nil && !s.hasEnded() {
		err = errLate
	}
	s.kill()
	s.mu.Lock()
	said, whole := s.result.raw()
	s.mu.Unlock()
	r.drop(s)
	if err == nil && s.hasEnded() {
		err = s.failed
	}
	if err == nil && !whole {
		err = fmt.Errorf("they leave more than %d bytes", maxOutput)
	}
	return said, err
}
