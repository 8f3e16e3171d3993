package agent

import (
	"context"
	"fmt"
	"slices"

	"codex-lsp/agent/config"
	"codex-lsp/agent/mcp"
	"codex-lsp/agent/network"
)

// A Server is an MCP server that is set up for a folder.
type Server struct {
	mcp.Status
	SignsIn bool `json:"signsIn,omitempty"` // by [Agent.SignInToServer], if it wants that at all
}

// serverSettings are those that MCP servers go by.
func serverSettings(c *config.Config) mcp.Settings {
	p := c.Provider
	return mcp.Settings{
		MCP: c.MCP, Home: c.Home, Hidden: append(slices.Clone(p.HeaderVars), p.EnvKey, "OPENAI_API_KEY", "CODEX_API_KEY"),
		Route: network.Route{CAFile: p.CAFile, Proxy: string(p.Proxy.URL), Bypass: p.Proxy.Bypass},
	}
}

// ServersIn returns the MCP servers that are set up for a folder, by name: as they
// stand in the thread, unless that is nil, and otherwise as the settings say.
func (a *Agent) ServersIn(folder string, t *Thread) ([]Server, error) {
	c, err := a.config(folder)
	if err != nil {
		return nil, err
	}
	var running []mcp.Status
	if t != nil {
		running = t.Servers()
	}
	list := []Server{}
	for _, s := range c.MCP.Servers {
		st := mcp.Status{Name: s.Name, State: mcp.Idle}
		if i := slices.IndexFunc(running, func(r mcp.Status) bool { return r.Name == s.Name }); i >= 0 {
			st = running[i]
		}
		if s.Disabled {
			st = mcp.Status{Name: s.Name, State: mcp.Disabled}
		}
		list = append(list, Server{st, s.URL != "" && s.BearerVar == ""})
	}
	return list, nil
}

// SignInToServer signs in to an MCP server that is set up for a folder, and is
// reached by HTTP. The user is to be shown the page that open is called with. The
// next turn starts the server.
func (a *Agent) SignInToServer(ctx context.Context, folder, name string, open func(url string) error) error {
	c, err := a.config(folder)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(c.MCP.Servers, func(s config.MCPServer) bool { return s.Name == name })
	if i < 0 {
		return fmt.Errorf("no MCP server is set up by the name %q", name)
	}
	l := mcp.Login{Server: c.MCP.Servers[i], With: serverSettings(c), Version: a.modelOptions.Version, Open: open}
	return l.Do(ctx)
}
