package lsp

import (
	"context"
	"errors"
	"strconv"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
)

// FolderParams is the argument of codex.listServers: {"cwd"?: "/abs"}. Without a
// folder that of the thread asked last is meant, or the first one.
type FolderParams struct {
	Cwd string `json:"cwd"`
}

// A ServerInfo is one of the list that codex.listServers answers: {"name": "…",
// "state": "idle"|"starting"|"ready"|"failed"|"disabled", "tools": 12, "error"?:
// "…", "signsIn"?: true}. An idle server starts with the next turn; the error says
// what is wrong, and what to do about it.
type ServerInfo struct {
	Name    string `json:"name"`
	State   string `json:"state"`
	Tools   int    `json:"tools"`
	Error   string `json:"error,omitempty"`
	SignsIn bool   `json:"signsIn,omitempty"` // codex.loginServer may help
}

// LoginServerParams is the argument of codex.loginServer: {"name": "…", "cwd"?:
// "/abs"}. It answers with a [LoginResult] once the user can sign in.
type LoginServerParams struct {
	Name string `json:"name"`
	Cwd  string `json:"cwd"`
}

// TrustParams is the argument of codex.trust: {"cwd"?: "/abs", "trust"?:
// "trusted"|"untrusted"}. Without a decision it only tells what was decided.
type TrustParams struct {
	Cwd   string       `json:"cwd"`
	Trust config.Trust `json:"trust"`
}

// TrustResult is what codex.trust answers: {"project": "/abs", "trust":
// "trusted"|"untrusted"|""}. The project is "" for a folder that is in none, the
// trust while nothing is decided.
type TrustResult struct {
	Project string       `json:"project"`
	Trust   config.Trust `json:"trust"`
}

// folderMeant is the folder of the thread asked last, and that thread, unless
// another one is named or none was asked.
func (s *server) folderMeant(cwd string) (folder string, t *agent.Thread, err error) {
	t = s.threads.last()
	if cwd == "" && t != nil {
		return t.Cwd(), t, nil
	}
	if folder, err = s.folderFor(cwd, nil); err == nil && t != nil && t.Cwd() != folder {
		t = nil
	}
	return folder, t, err
}

// listServers is codex.listServers, see [FolderParams].
func (s *server) listServers(_ context.Context, p FolderParams) ([]ServerInfo, error) {
	folder, t, err := s.folderMeant(p.Cwd)
	if err != nil {
		return nil, err
	}
	servers, err := s.agent.ServersIn(folder, t)
	list := []ServerInfo{}
	for _, sv := range servers {
		list = append(list, ServerInfo{sv.Name, string(sv.State), len(sv.Tools), sv.Error, sv.SignsIn})
	}
	return list, err
}

// loginServer is codex.loginServer, see [LoginServerParams]. It waits for the user
// in the background, and says how it went.
func (s *server) loginServer(ctx context.Context, p LoginServerParams) (LoginResult, error) {
	if p.Name == "" {
		return LoginResult{}, badField("name", "is missing; codex.listServers names the MCP servers")
	}
	folder, _, err := s.folderMeant(p.Cwd)
	if err != nil {
		return LoginResult{}, err
	}
	begun := make(chan signingIn, 1)
	s.spawn(func(ctx context.Context) {
		own, number, end := s.logins.next(ctx)
		defer end()
		s.signInToServer(own, folder, p.Name, number, begun)
	})
	select {
	case l := <-begun:
		return l.LoginResult, l.err
	case <-ctx.Done():
		return LoginResult{}, ctx.Err()
	case <-s.session.Done():
		return LoginResult{}, context.Canceled
	}
}

// signInToServer signs in to an MCP server. On begun it says where, or why not.
func (s *server) signInToServer(ctx context.Context, folder, name string, number int, begun chan<- signingIn) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var b *bar
	shown := false
	err := s.agent.SignInToServer(ctx, folder, name, func(url string) error {
		shown = true
		begun <- signingIn{LoginResult: LoginResult{URL: url}}
		if s.showsProgress() {
			id := "codex/login/" + strconv.Itoa(number)
			b = s.bars.begin(s, barOptions{token: protocol.String(id), turnID: id, title: "Codex: sign in to " + name, create: true, stop: stop})
			b.say("waiting for you to sign in")
		}
		s.spawn(func(ctx context.Context) { s.showLogin(ctx, LoginResult{URL: url}) })
		return nil
	})
	if !shown {
		begun <- signingIn{err: err}
		return
	}
	says, kind := "signed in to the MCP server "+agent.Describe(name)+"; it starts with the next turn", protocol.MessageTypeInfo
	switch {
	case errors.Is(err, context.Canceled):
		says = "the sign-in to " + agent.Describe(name) + " was cancelled"
	case err != nil:
		says, kind = err.Error(), protocol.MessageTypeError
	}
	if b != nil {
		s.bars.end(s, b, firstLine(says))
		s.bars.forget("codex/login/" + strconv.Itoa(number))
	}
	s.tell(s.session, kind, "Codex: "+says)
}

// trust is codex.trust, see [TrustParams].
func (s *server) trust(ctx context.Context, p TrustParams) (TrustResult, error) {
	folder, _, err := s.folderMeant(p.Cwd)
	if err != nil {
		return TrustResult{}, err
	}
	switch p.Trust {
	case config.ProjectUndecided:
	case config.ProjectTrusted, config.ProjectUntrusted:
		err = s.agent.DecideTrust(ctx, folder, p.Trust)
	default:
		err = badField("trust", "must be trusted or untrusted, not %q", p.Trust)
	}
	if err != nil {
		return TrustResult{}, err
	}
	project, trust, err := s.agent.Project(folder)
	return TrustResult{project, trust}, err
}
