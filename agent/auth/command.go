package auth

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"codex-lsp/agent/config"
	program "codex-lsp/agent/exec"
	"codex-lsp/agent/sandbox"
)

// A commandToken is what a command of the settings printed.
type commandToken struct {
	turn chan struct{} // of capacity 1: who has put something in runs the command
	key  string
	made time.Time
}

// maxToken is more than any token takes.
const maxToken = 64 << 10

// commandAccess is the token that a command prints. It is run again when the
// token is old, or is the one that was refused.
func (a *Account) commandAccess(ctx context.Context, c config.TokenCommand, refused string) (Access, error) {
	id := fmt.Sprintf("%q", append([]string{c.Dir, c.Command}, c.Args...))
	a.mu.Lock()
	t := a.commands[id]
	if t == nil {
		t = &commandToken{turn: make(chan struct{}, 1)}
		a.commands[id] = t
	}
	a.mu.Unlock()
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return Access{}, ctx.Err()
	}
	defer func() { <-t.turn }()
	old := c.Renew > 0 && a.now().Sub(t.made) >= c.Renew
	if t.key == "" || old || t.key == refused {
		key, err := a.runCommand(ctx, c)
		if err != nil {
			return Access{}, err
		}
		t.key, t.made = key, a.now()
		if key == refused {
			return Access{}, &Error{Rejected, fmt.Sprintf("the token that %s prints is not accepted", c.Command), "run it yourself to see why"}
		}
	}
	a.hide(t.key)
	return Access{Key: config.Secret(t.key)}, nil
}

// runCommand runs a command for the token that it prints. What it says on
// standard error is for the user, unless it is long.
func (a *Account) runCommand(ctx context.Context, c config.TokenCommand) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	dir := cmp.Or(c.Dir, a.home)
	here, _ := os.Getwd() // the workspace, mostly, whose programs are not the user's
	env := program.SafeEnv(append(sandbox.Temp(), here))
	path, err := program.LookIn(c.Command, dir, env)
	if err != nil {
		return "", &Error{Failed, err.Error(), "correct the provider's table auth in config.toml"}
	}
	cmd := exec.CommandContext(ctx, path, c.Args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.WaitDelay = time.Second // what it started may hold the pipes
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &bounded{b: &out, left: maxToken}, &bounded{b: &said, left: 4 << 10}
	err = cmd.Run()
	key := strings.TrimSpace(out.String())
	const fix = "correct the provider's table auth in config.toml"
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", &Error{Failed, fmt.Sprintf("%s printed no token within %v", c.Command, c.Timeout), "a slow one needs a longer timeout_ms"}
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		text := fmt.Sprintf("%s printed no token (%v)", c.Command, err)
		if line := excerpt(said.String()); line != "" {
			text += ": " + line
		}
		return "", &Error{Failed, text, fix}
	case key == "":
		return "", &Error{Failed, c.Command + " printed nothing", fix}
	case strings.ContainsAny(key, " \t\r\n"):
		return "", &Error{Failed, c.Command + " printed more than one word", "it must print the token and nothing else"}
	}
	return key, nil
}

// A bounded writer keeps the beginning, and takes the rest.
type bounded struct {
	b    *bytes.Buffer
	left int
}

func (w *bounded) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.b.Write(p[:n])
	w.left -= n
	return len(p), nil
}
