package agent

import (
	"strings"

	"codex-lsp/agent/auth"
	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
)

// Account is the user's sign-in; nil in an agent without one.
func (a *Agent) Account() *auth.Account { return a.account }

// Settings are the settings in force where no project is, or what is wrong with
// them.
func (a *Agent) Settings() (*config.Config, error) { return a.config("") }

// newClient is who asks the turn's model, with the user's credentials where the
// provider has no key of its own.
func (tn *turn) newClient() *model.Client {
	a := tn.thread.agent
	o := a.modelOptions
	o.Secrets = a.account.Secrets
	if k := a.account.Credentials(tn.config); k != nil {
		o.Credentials = k
	}
	return model.New(tn.config.Provider, o)
}

// secrets are the texts that neither the model nor the rollout gets.
func (tn *turn) secrets() []string {
	return append(tn.config.Provider.Secrets(), tn.thread.agent.account.Secrets()...)
}

// redact takes secrets out of what a tool found. What was renewed during the
// turn is hidden from the rollout from now on too.
func (tn *turn) redact(text string) string {
	tn.thread.record.file.Hide(tn.secrets())
	text = tn.config.Provider.Redact(text)
	for _, s := range tn.thread.agent.account.Secrets() {
		text = strings.ReplaceAll(text, s, config.Secret(s).String())
	}
	return text
}
