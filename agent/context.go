package agent

import (
	_ "embed"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/policy"
)

// PromptVersion is that of what models are told by us: the base prompt, and what
// our tools say of themselves. Behaviour that changed may have changed with it.
const PromptVersion = 2

// basePrompt is what every thread begins with.
//
//go:embed prompt.md
var basePrompt string

// told is what the model was last told of its surroundings, so that later
// turns add only what changed and earlier bytes stay as they were.
type told struct {
	begun       bool
	base        string
	policy      string
	environment string
	docs        bool // the folder's AGENTS.md files, if there are any
	skills      string
}

// setScene tells the model what it does not know yet: at first everything,
// later what is different. Base instructions come first, as a developer
// message, the way Codex sends them.
func (tn *turn) setScene() {
	t := tn.thread
	if !t.told.begun {
		t.told.base = tn.basePrompt()
		t.history = slices.Insert(t.history, 0, developerMessage(t.told.base)) // a rollout has it in its first line
	}
	tn.openRecord()
	for _, item := range tn.scene() {
		tn.remember(item)
	}
}

// scene is what the model does not know yet of its surroundings. It counts as
// told from now on.
func (tn *turn) scene() (items []json.RawMessage) {
	t, c := tn.thread, tn.config
	if !t.told.begun && c.Instructions != "" {
		items = append(items, developerMessage(c.Instructions))
	}
	if text := tn.skillsText(); text != t.told.skills && text != "" {
		t.told.skills = text
		items = append(items, developerMessage(text))
	}
	if policy := policyText(c, t.confined(c, tn.id)); policy != t.told.policy {
		t.told.policy = policy
		items = append(items, developerMessage(policy))
	}
	if !t.told.docs {
		t.told.docs = true
		doc, warnings := projectDocs(c, t.cwd)
		for _, w := range warnings {
			tn.report(Warning{Ref: tn.ref(), Message: w})
		}
		if doc != "" {
			items = append(items, userMessage(doc))
		}
	}
	if env := environment(t.cwd, time.Now()); env != t.told.environment {
		t.told.environment = env
		items = append(items, userMessage(env))
	}
	t.told.begun = true
	return items
}

// hearNews tells the model what happened outside of the conversation.
func (tn *turn) hearNews() {
	for _, news := range tn.thread.takeNews() {
		tn.remember(userMessage(news))
	}
}

// takeNews returns what the model should know, once.
func (t *Thread) takeNews() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	news := t.news
	t.news = nil
	return news
}

// basePrompt is our own, unless the user has one.
func (tn *turn) basePrompt() string {
	file := tn.config.InstructionsFile
	if file == "" {
		return basePrompt
	}
	text, err := os.ReadFile(file)
	if err != nil {
		tn.report(Warning{Ref: tn.ref(), Message: "model_instructions_file: " + err.Error() + "; using the built-in instructions"})
		return basePrompt
	}
	return string(text)
}

// How what the model is told of its surroundings begins.
const (
	policyOpening      = "<permissions instructions>"
	environmentOpening = "<environment_context>"
)

// policyText tells the model what it may do without asking.
func policyText(c *config.Config, f Confinement) string {
	var b strings.Builder
	fmt.Fprintf(&b, policyOpening+"\nsandbox_mode: %s. approval_policy: %s.\n", c.Sandbox, c.Approval)
	b.WriteString(commandsText(c, Terms{Confinement: f}) + f.text(c))
	switch c.Sandbox {
	case config.ReadOnly:
		b.WriteString("Each patch is shown to the user for approval.\n")
	case config.WorkspaceWrite:
		b.WriteString("Patches inside the workspace are applied at once, except in .git, .codex and .agents.\n")
	}
	b.WriteString("</permissions instructions>")
	return b.String()
}

// commandsText tells what becomes of commands, so that the model need not try.
func commandsText(c *config.Config, on Terms) string {
	becomes := func(l policy.Level) policy.Verdict { return decided(c, policy.Class{Level: l}, on).Decision.Verdict }
	const few = "Ask for few, and make each one worth its question. read_file needs no approval."
	how := ", without a sandbox"
	if on.Held {
		how = ", in a sandbox"
	}
	text := "The user is asked before each command. " + few
	switch {
	case becomes(policy.Plain) == policy.Forbid:
		return "Commands are refused: nobody is there to approve them. Work with read_file and apply_patch.\n"
	case becomes(policy.Dangerous) == policy.Forbid:
		text = "Commands run at once" + how + " and without asking: take care. Those that destroy what cannot be had back are refused."
	case becomes(policy.Plain) == policy.Run:
		text = "Commands run at once" + how + ": take care. The user is asked before those that destroy what cannot be had back."
	case becomes(policy.Safe) == policy.Run:
		text = "Commands that only read run at once; the user is asked before each other one. " + few
	}
	return text + " What destroys the workspace, its .git or the home folder is refused always.\n"
}

// text tells the model what the sandbox lets commands do, and how one gets out
// of it.
func (f Confinement) text(c *config.Config) string {
	if !f.Exists {
		return ""
	}
	network := "have no network"
	if f.Policy.Network {
		network = "have the network"
	}
	text := "In the sandbox, commands can read all files, write " + f.where() + ", and " + network + ". An approval alone does not take a command out of it."
	if refusesQuestions(c.Approval) != "" {
		return text + " Nothing can run outside of it.\n"
	}
	return text + " One that must do more is called with sandbox_permissions \"" + escalated + "\" and a justification, at once where you know that it must; the user is asked.\n"
}

// environment is where the model finds itself.
func environment(cwd string, now time.Time) string {
	shell := filepath.Base(os.Getenv("SHELL"))
	if shell == "." {
		shell = "sh"
	}
	zone, _ := now.Zone()
	return fmt.Sprintf(environmentOpening+"\n  <cwd>%s</cwd>\n  <shell>%s</shell>\n  <current_date>%s</current_date>\n  <timezone>%s</timezone>\n</environment_context>",
		escape(cwd), escape(shell), now.Format(time.DateOnly), zone)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}
