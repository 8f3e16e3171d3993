// Codex-lsp is the Codex coding agent as a language server.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"codex-lsp/agent/sandbox"
)

// A command is one subcommand. run returns the exit code: 0 done, 1 failed, 2
// called wrongly.
type command struct {
	name, help string
	run        func(args []string, stdin io.Reader, stdout, stderr io.Writer) int
}

func commands() []command {
	return []command{
		{"serve", "speak LSP over stdio, or over a socket with --listen (the default)", serve},
		{"exec", "do what a prompt says, without an editor", runExec},
		{"sessions", "list, search, rename, fork, archive, delete and export conversations", runSessions},
		{"resume", "say how a conversation goes on", explainResume},
		{"fork", "the same as sessions fork", spelled("fork")},
		{"archive", "the same as sessions archive", spelled("archive")},
		{"unarchive", "the same as sessions unarchive", spelled("unarchive")},
		{"delete", "the same as sessions delete", spelled("delete")},
		{"demo", "show the agent at work: offline, without a key or an editor", runDemo},
		{"login", "sign in, with ChatGPT or an API key", runLogin},
		{"logout", "remove the credentials", runLogout},
		{"approve", "answer what the agent asks, from another terminal", approve},
		{"apply-patch", "apply a patch in Codex's format to the current folder", applyPatch},
		{"policy", "explain whether a command may run, and why", runPolicy},
		{"config", "show the settings in force, and where they come from", runConfig},
		{"mcp", "set up MCP servers, and sign in to them", runMCP},
		{"mcp-server", "be an MCP server, for any MCP client", runMCPServer},
		{"hooks", "show the hooks, and say which may run", runHooks},
		{"execpolicy", "check what rules say of a command", runExecpolicy},
		{"sandbox", "run a command as the agent's commands are run", runSandbox},
		{"doctor", "try the sandbox, and say what holds and what to do", doctor},
		{"version", "print the version", printVersion},
		{"completion", "print a script that completes commands in bash, zsh or fish", completion},
		{"help", "print this", help},
	}
}

func main() {
	sandbox.Main()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run finds the subcommand. Flags without one belong to serve, which is what
// editors start.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	name := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	} else if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
		name = "help"
	} else if len(args) > 0 && (args[0] == "-V" || args[0] == "--version") {
		name, args = "version", args[1:]
	}
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c.run(args, stdin, stdout, stderr)
		}
		names = append(names, c.name)
	}
	remedy := "codex-lsp help lists them"
	if near := nearest(name, names); near != "" {
		remedy = fmt.Sprintf("did you mean %s?", near)
	}
	fmt.Fprintf(stderr, "codex-lsp: there is no command %q; %s\n", name, remedy)
	return 2
}

// behind says where flags go that stand in front of a subcommand, as Codex has it.
func behind(arg string) string {
	if !slices.ContainsFunc(commands(), func(c command) bool { return c.name == arg }) {
		return ""
	}
	return fmt.Sprintf("; flags come behind the command: codex-lsp %s FLAGS", arg)
}

// done is how a command ends whose line was parsed: with 0 after its help, 2 if
// the line was wrong, 1 for what goes wrong then.
func done(name string, parsed error, stderr io.Writer, run func() error) int {
	code := 2
	switch {
	case errors.Is(parsed, flag.ErrHelp):
		return 0
	case parsed == nil:
		code, parsed = 1, run()
	}
	if parsed == nil {
		return 0
	}
	fmt.Fprintf(stderr, "%s: %v\n", name, parsed)
	return code
}

func help(_ []string, _ io.Reader, stdout, _ io.Writer) int {
	fmt.Fprint(stdout, "The Codex coding agent as a language server.\n\nUsage: codex-lsp [COMMAND] [FLAGS]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(stdout, "  %-12s %s\n", c.name, c.help)
	}
	return 0
}
