package lsp

import (
	"context"
	"encoding/json"
	"time"

	"go.lsp.dev/protocol"
)

// settingsSection is the name of our settings in an editor's.
const settingsSection = "codex"

// settingsPatience is how long the client may take to hand out its settings.
const settingsPatience = 10 * time.Second

// DidChangeConfiguration takes the settings where the client sends them along,
// and asks for them where it only says that something changed.
func (s *server) DidChangeConfiguration(_ context.Context, p *protocol.DidChangeConfigurationParams) error {
	if s.pullsSettings() {
		s.spawn(s.fetchSettings)
		return nil
	}
	var all map[string]json.RawMessage
	if err := decodeOptions(p.Settings, &all); err != nil {
		return err
	}
	s.configured(all[settingsSection])
	return nil
}

func (s *server) pullsSettings() bool {
	w := s.caps.Workspace
	return w != nil && w.Configuration != nil && *w.Configuration
}

// fetchSettings asks the client for our section of its settings.
func (s *server) fetchSettings(ctx context.Context) {
	if !s.pullsSettings() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, settingsPatience)
	defer cancel()
	section := settingsSection
	got, err := s.client.Configuration(ctx, &protocol.ConfigurationParams{
		Items: []protocol.ConfigurationItem{{Section: &section}},
	})
	if err != nil {
		s.log.Warn("the client's settings could not be read", "err", err)
		return
	}
	if len(got) == 1 {
		s.configured(got[0])
	}
}

// configured hands settings to the process, and its complaints to the user.
func (s *server) configured(settings []byte) {
	if s.configure == nil || len(settings) == 0 || string(settings) == "null" {
		return
	}
	for _, problem := range s.configure(withoutOptions(settings)) {
		if problem.File != "" {
			continue // the next turn says so
		}
		s.log.Warn("setting not used", "key", problem.Key, "problem", problem.Message)
		s.warn("codex: setting " + problem.Key + ": " + problem.Message)
	}
}

// withoutOptions leaves the settings of an object that is also
// initializationOptions.
func withoutOptions(settings []byte) []byte {
	var all map[string]json.RawMessage
	if json.Unmarshal(settings, &all) != nil {
		return settings
	}
	for _, option := range []string{"commandPrefix", "capabilities", "proxy", "editorInfo", "editorPluginInfo"} {
		delete(all, option)
	}
	rest, err := json.Marshal(all)
	if err != nil {
		return settings
	}
	return rest
}

// warn shows the user a message, from a goroutine of its own: a client that
// does not read must not hold up who has something to say.
func (s *server) warn(message string) {
	s.spawn(func(ctx context.Context) {
		err := s.client.ShowMessage(ctx, &protocol.ShowMessageParams{Type: protocol.MessageTypeWarning, Message: visibleText(message)})
		if err != nil {
			s.log.Debug("message not shown", "message", message, "err", err)
		}
	})
}
