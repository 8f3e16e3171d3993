package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"codex-lsp/agent/config"
	"codex-lsp/agent/configfile"
)

// trustAsked are the projects about which the user has been asked: once each,
// for as long as the process lives.
type trustAsked struct {
	mu       sync.Mutex
	projects map[string]bool // guarded by mu
}

// first tells whether nobody has asked about a project yet.
func (a *trustAsked) first(project string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.projects[project] {
		return false
	}
	if a.projects == nil {
		a.projects = make(map[string]bool)
	}
	a.projects[project] = true
	return true
}

// Distrusts says why the settings that a folder has of its own do not count, ""
// if they do.
func (a *Agent) Distrusts(dir string) (why string) {
	c, err := a.config(dir)
	switch {
	case err != nil || c.Project == "" || c.Trust == config.ProjectTrusted:
		return ""
	case c.Trust == config.ProjectUntrusted:
		return "the project " + c.Project + " is marked as untrusted in " + filepath.Join(c.Home, config.FileName) + "; codex-lsp config trust changes it"
	}
	return "nothing is decided about the project " + c.Project + "; codex-lsp config trust does it"
}

// Project returns the project that a folder is in, "" if there is none, and what
// the user has decided about it.
func (a *Agent) Project(folder string) (project string, trust config.Trust, err error) {
	c, err := a.config(folder)
	if err != nil {
		return "", "", err
	}
	return c.Project, c.Trust, nil
}

// DecideTrust remembers what the user has decided about the project that a folder
// is in, from the next turn on.
func (a *Agent) DecideTrust(ctx context.Context, folder string, trust config.Trust) error {
	c, err := a.config(folder)
	if err != nil {
		return err
	}
	if c.Project == "" {
		return fmt.Errorf("%s is in no project", folder)
	}
	return StoreTrust(ctx, c.Home, c.Project, trust)
}

// settings are those in force, once the user has been asked about the project
// if nothing is decided. Without an answer its settings do not count, and
// nothing is written in it unasked.
func (tn *turn) settings() (*config.Config, error) {
	t := tn.thread
	c, err := t.agent.config(t.cwd)
	if err != nil || !c.TrustMatters || !t.agent.trustAsked.first(c.Project) {
		return c, err
	}
	if t.agent.unattended {
		tn.report(Warning{Ref: tn.ref(), Message: limited(c) + "; exec --trust remembers that you trust it"})
		return c, nil
	}
	answer := tn.ask(tn.ctx, trustQuestion(c, t.cwd))
	var level config.Trust
	switch answer.Decision {
	case Approved:
		level = config.ProjectTrusted
	case Distrusted:
		level = config.ProjectUntrusted
	default:
		tn.report(Warning{Ref: tn.ref(), Message: limited(c) + "; you are asked again when the server is next started, or codex-lsp config trust decides"})
		return c, tn.ctx.Err()
	}
	if err := StoreTrust(tn.ctx, c.Home, c.Project, level); err != nil {
		tn.report(Warning{Ref: tn.ref(), Message: err.Error()})
		return c, nil
	}
	return t.agent.config(t.cwd)
}

// limited says what it means that nothing is decided about a project.
func limited(c *config.Config) string {
	return fmt.Sprintf("nothing is decided about the project %s: its own settings do not count, and sandbox_mode is %s", c.Project, c.Sandbox)
}

func trustQuestion(c *config.Config, cwd string) Question {
	return Question{
		CallID: "trust", Kind: AskTrust, Cwd: cwd,
		Title:  "Trust the project " + c.Project + "?",
		Detail: "Its own settings and rules (.codex) will count, and files in it are edited without asking, as far as your settings allow it. Until then every change is asked about.",
		Policy: "it is asked once, and kept in " + filepath.Join(c.Home, config.FileName),
		Offers: []Decision{Approved, Declined, Distrusted},
	}
}

// StoreTrust writes what the user has decided about a project into config.toml,
// where Codex looks for it too. All else in the file stays as it is.
func StoreTrust(ctx context.Context, home, project string, level config.Trust) error {
	if project == filepath.Dir(project) {
		return fmt.Errorf("%s is no project: every folder is in it", project)
	}
	err := configfile.Edit(ctx, home, func(d *config.Document) error { return d.SetTrust(project, level) })
	if err != nil {
		return fmt.Errorf("remember that %s is %s: %w", project, level, err)
	}
	return nil
}
