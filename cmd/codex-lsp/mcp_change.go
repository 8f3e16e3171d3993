package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/configfile"
	"codex-lsp/agent/mcp"
)

// add writes a server's table, in the place of one that is there.
func (c *mcpCall) add(home string, stdout, stderr io.Writer) error {
	done := "Added"
	err := configfile.Edit(context.Background(), home, func(d *config.Document) error {
		if was, err := d.Remove("mcp_servers", c.name); err != nil {
			return err
		} else if was {
			done = "Replaced"
		}
		set := func(value any, path ...string) error {
			return d.Set(value, append([]string{"mcp_servers", c.name}, path...)...)
		}
		if c.url == "" {
			if err := set(c.command[0], "command"); err != nil {
				return err
			}
			if len(c.command) > 1 {
				if err := set(c.command[1:], "args"); err != nil {
					return err
				}
			}
			if c.env != nil {
				return set(c.env, "env")
			}
			return nil
		}
		for _, s := range [][]string{{c.url, "url"}, {c.bearer, "bearer_token_env_var"}, {c.resource, "oauth_resource"}, {c.clientID, "oauth", "client_id"}} {
			if s[0] != "" {
				if err := set(s[0], s[1:]...); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	settings, err := c.settings.current("")
	if err != nil {
		return fmt.Errorf("MCP server %s is written, but the settings do not count before this is mended: %w", c.name, err)
	}
	fmt.Fprintf(stdout, "%s MCP server %s.\n", done, c.name)
	if c.url != "" && c.bearer == "" {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if mcp.NeedsSignIn(ctx, config.MCPServer{Name: c.name, URL: c.url}, mcpSettings(settings)) {
			fmt.Fprintf(stderr, "One signs in to it: codex-lsp mcp login %s\n", c.name)
		}
	}
	return nil
}

func (c *mcpCall) remove(home string, stdout io.Writer) error {
	var was bool
	err := configfile.Edit(context.Background(), home, func(d *config.Document) (err error) {
		was, err = d.Remove("mcp_servers", c.name)
		return err
	})
	if err == nil && !was {
		err = fmt.Errorf("no MCP server named %q is in %s in %s", c.name, config.FileName, home)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Removed MCP server %s.\n", c.name)
	return nil
}

// loginTime is how long somebody may take to sign in.
const loginTime = 10 * time.Minute

func (c *mcpCall) login(settings *config.Config, s config.MCPServer, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	l := mcp.Login{Server: s, With: mcpSettings(settings), Version: version, Open: func(url string) error {
		opened := "Open"
		if !c.noBrowser && browse(url) {
			opened = "Sign in with the browser that opens. If none does, open"
		}
		_, err := fmt.Fprintf(stderr, "%s\n\n  %s\n\nCtrl-C gives up.\n", opened, url)
		return err
	}}
	if c.scopes != "" {
		l.Scopes = strings.FieldsFunc(c.scopes, func(r rune) bool { return r == ',' || r == ' ' })
	}
	if err := l.Do(ctx); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Signed in to MCP server %s.\n", c.name)
	return nil
}

func (c *mcpCall) logout(settings *config.Config, s config.MCPServer, stdout io.Writer) error {
	was, err := mcp.NewStore(mcpSettings(settings)).Remove(s)
	if err != nil {
		return err
	}
	if !was {
		_, err = fmt.Fprintf(stdout, "Nobody was signed in to MCP server %s.\n", c.name)
		return err
	}
	_, err = fmt.Fprintf(stdout, "Signed out of MCP server %s.\n", c.name)
	return err
}
