package main

import (
	"fmt"
	"maps"
	"time"
)

// An lspAgent is codex-lsp.
type lspAgent struct {
	p      *process
	thread string
}

func startLSP(path, home string, args ...string) (agent, error) {
	p, err := start(home, true, path, args...)
	return &lspAgent{p: p}, err
}

func (a *lspAgent) process() *process { return a.p }

func (a *lspAgent) initialize() error {
	err := a.p.call("initialize", map[string]any{"processId": nil, "rootUri": nil, "capabilities": map[string]any{},
		"initializationOptions": map[string]any{"capabilities": map[string]any{"events": true}}}, nil) // Codex tells of all of them
	if err != nil {
		return err
	}
	return a.p.notify("initialized", map[string]any{})
}

func (a *lspAgent) command(name string, argument map[string]any, result any) error {
	return a.p.call("workspace/executeCommand", map[string]any{"command": name, "arguments": []any{argument}}, result)
}

func (a *lspAgent) newThread(dir string) error {
	var made struct{ ThreadID string }
	err := a.command("codex.newThread", map[string]any{"cwd": dir}, &made)
	a.thread = made.ThreadID
	return err
}

func (a *lspAgent) ask(prompt string) (time.Time, error) {
	err := a.command("codex.ask", map[string]any{"prompt": prompt, "threadId": a.thread, "wait": true}, nil)
	return time.Now(), err
}

// A codexAgent is the real Codex, as editors of its maker use it.
type codexAgent struct {
	p        *process
	settings map[string]any // of new threads, beside their folder
	thread   string
}

func startCodex(path, home string) (agent, error) {
	p, err := start(home, false, path, "app-server")
	return &codexAgent{p: p}, err
}

func (a *codexAgent) process() *process { return a.p }

func (a *codexAgent) initialize() error {
	err := a.p.call("initialize", map[string]any{
		"clientInfo":   map[string]any{"name": "compare", "version": "1"},
		"capabilities": map[string]any{"experimentalApi": true}, // granular approvals are
	}, nil)
	if err != nil {
		return err
	}
	return a.p.notify("initialized", map[string]any{})
}

func (a *codexAgent) newThread(dir string) error {
	var made struct{ Thread struct{ ID string } }
	params := map[string]any{"cwd": dir}
	maps.Copy(params, a.settings)
	err := a.p.call("thread/start", params, &made)
	a.thread = made.Thread.ID
	return err
}

func (a *codexAgent) ask(prompt string) (time.Time, error) {
	input := []any{map[string]any{"type": "text", "text": prompt}}
	if err := a.p.send("turn/start", map[string]any{"threadId": a.thread, "input": input}); err != nil {
		return time.Time{}, err
	}
	end, err := a.p.await(func(m message) bool { return m.Method == "turn/completed" || len(m.Error) > 0 })
	if err == nil && len(end.Error) > 0 {
		err = fmt.Errorf("turn/start: %s", end.Error)
	}
	return time.Now(), err
}
