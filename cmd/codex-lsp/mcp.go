package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/mcp"
	"codex-lsp/agent/network"
)

const mcpUsage = `Usage: codex-lsp mcp list [--json]              shows the MCP servers
       codex-lsp mcp get NAME [--json]          shows one
       codex-lsp mcp add NAME [FLAGS] -- COMMAND [ARG...]   adds a program
       codex-lsp mcp add NAME [FLAGS] --url URL             adds one that is reached by HTTP
       codex-lsp mcp remove NAME                takes one away
       codex-lsp mcp login NAME [FLAGS]         signs in to one that is reached by HTTP
       codex-lsp mcp logout NAME                forgets that

Sets up servers of the Model Context Protocol, for Codex too: both read the same
config.toml, of which nothing else is changed. docs/mcp.md tells the rest.

`

// runMCP is the subcommand mcp.
func runMCP(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	var call mcpCall
	return done("mcp", call.parse(args, stderr), stderr, func() error { return call.run(stdout, stderr) })
}

// A mcpCall is the command line of one mcp.
type mcpCall struct {
	settings settings
	do, name string
	json     bool

	// add
	env                map[string]string
	url, bearer        string
	clientID, resource string
	command            []string

	// login
	scopes    string
	noBrowser bool
}

func (c *mcpCall) parse(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("mcp", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("c", "override a setting: `key=value` (repeatable)", func(v string) error {
		c.settings.options.Overrides = append(c.settings.options.Overrides, v)
		return nil
	})
	flags.BoolVar(&c.json, "json", false, "list, get: print it as JSON")
	flags.Func("env", "add: set a variable for the program, `NAME=VALUE` (repeatable)", func(v string) error {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return errors.New("give NAME=VALUE")
		}
		if c.env == nil {
			c.env = make(map[string]string)
		}
		c.env[name] = value
		return nil
	})
	flags.StringVar(&c.url, "url", "", "add: where the server is")
	flags.StringVar(&c.bearer, "bearer-token-env-var", "", "add: the `variable` that holds its token")
	flags.StringVar(&c.clientID, "oauth-client-id", "", "add: the client that one signs in as")
	flags.StringVar(&c.resource, "oauth-resource", "", "add: the resource that one signs in for")
	flags.StringVar(&c.scopes, "scopes", "", "login: what to ask for, with commas between")
	flags.BoolVar(&c.noBrowser, "no-browser", false, "login: print the address only")
	for i, arg := range args {
		if arg == "--" {
			c.command, args = args[i+1:], args[:i]
			break
		}
	}
	rest, err := parseAnywhere(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stderr, mcpUsage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return err
	}
	if err != nil {
		return errors.New(withoutValue(err.Error(), args))
	}
	return c.take(rest)
}

// mcpVerbs are what mcp does.
func mcpVerbs() []string { return []string{"list", "get", "add", "remove", "login", "logout"} }

// take reads what is no flag.
func (c *mcpCall) take(rest []string) error {
	if len(rest) == 0 {
		return errors.New("say what: codex-lsp mcp --help lists it")
	}
	c.do, rest = rest[0], rest[1:]
	switch c.do {
	case "list":
		if len(rest) > 0 {
			return fmt.Errorf("unexpected argument %q", rest[0])
		}
		return nil
	case "get", "add", "remove", "login", "logout":
	default:
		return fmt.Errorf("there is no mcp %s; codex-lsp mcp --help lists what there is", c.do)
	}
	if len(rest) == 0 {
		return fmt.Errorf("name the server: codex-lsp mcp %s NAME", c.do)
	}
	c.name = rest[0]
	if c.do == "add" {
		return c.checkAdd(rest[1:])
	}
	if len(rest) > 1 {
		return fmt.Errorf("unexpected argument %q", rest[1])
	}
	return nil
}

func (c *mcpCall) checkAdd(rest []string) error {
	switch {
	case !bareKey().MatchString(c.name):
		return fmt.Errorf("%q is no name for a server; it has letters, digits, - and _ alone", c.name)
	case len(rest) > 0:
		return errors.New("the command comes behind --, as in: codex-lsp mcp add files -- npx -y server /folder")
	case c.url == "" && len(c.command) == 0:
		return errors.New("give --url URL, or a command behind --")
	case c.url != "" && len(c.command) > 0:
		return errors.New("a server is a program or has a URL, not both")
	case c.url != "" && !webAddress(c.url):
		return fmt.Errorf("%q is no address of a server: it begins with http:// or https://, and a host", c.url)
	case c.url != "" && c.env != nil:
		return errors.New("--env is for programs; a server with a URL has no environment")
	case c.url == "" && c.bearer+c.clientID+c.resource != "":
		return errors.New("--bearer-token-env-var, --oauth-client-id and --oauth-resource go with --url")
	}
	return nil
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func (c *mcpCall) run(stdout, stderr io.Writer) error {
	home, err := config.Home(c.settings.options)
	if err != nil {
		return err
	}
	switch c.do {
	case "add":
		return c.add(home, stdout, stderr)
	case "remove":
		return c.remove(home, stdout)
	}
	settings, err := c.settings.current("")
	if err != nil {
		return err
	}
	if c.do == "list" {
		return c.list(settings, stdout)
	}
	for _, s := range settings.MCP.Servers {
		if s.Name != c.name {
			continue
		}
		switch c.do {
		case "get":
			return c.get(settings, s, stdout)
		case "login":
			return c.login(settings, s, stdout, stderr)
		}
		return c.logout(settings, s, stdout)
	}
	return fmt.Errorf("no MCP server named %q; codex-lsp mcp list names those there are", c.name)
}

// mcpSettings is what a sign-in goes by.
func mcpSettings(c *config.Config) mcp.Settings {
	p := c.Provider
	return mcp.Settings{MCP: c.MCP, Home: c.Home, Route: network.Route{CAFile: p.CAFile, Proxy: string(p.Proxy.URL), Bypass: p.Proxy.Bypass}}
}
