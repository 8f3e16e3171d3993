package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// shells maps a shell to the writer of its completion script.
var shells = map[string]func(io.Writer, []completed){
	"bash": completeBash,
	"zsh":  completeZsh,
	"fish": completeFish,
}

// completion is the subcommand completion.
func completion(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	names := slices.Sorted(maps.Keys(shells))
	if len(args) == 1 && shells[args[0]] != nil {
		shells[args[0]](stdout, allCompleted())
		return 0
	}
	usage := fmt.Sprintf("Usage: codex-lsp completion %s\n\n"+
		"Prints a script that completes codex-lsp's commands and flags:\n"+
		"  source <(codex-lsp completion bash)     in ~/.bashrc\n"+
		"  source <(codex-lsp completion zsh)      in ~/.zshrc, below compinit\n"+
		"  codex-lsp completion fish | source      in ~/.config/fish/config.fish\n", strings.Join(names, "|"))
	if len(args) == 1 && slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		fmt.Fprint(stderr, usage)
		return 0
	}
	fmt.Fprintf(stderr, "completion: give one shell, %s\n%s", strings.Join(names, ", "), usage)
	return 2
}

// A completed command is what a shell can complete of one.
type completed struct {
	name, help string
	words      []string // after the name
}

// allCompleted asks each command for its flags, which only it knows.
func allCompleted() []completed {
	var list []completed
	for _, c := range commands() {
		one := completed{name: c.name, help: c.help}
		if c.name == "completion" {
			one.words = slices.Sorted(maps.Keys(shells))
		} else {
			one.words = flagsOf(c)
		}
		switch c.name {
		case "policy":
			one.words = append([]string{"explain"}, one.words...)
		case "sessions":
			one.words = append(slices.Sorted(maps.Keys(sessionVerbs)), one.words...)
		}
		if c.name == "mcp" {
			one.words = append(mcpVerbs(), one.words...)
		}
		list = append(list, one)
	}
	return list
}

// flagsOf reads the flags off a command's own help, where each begins a line
// that is indented by two.
func flagsOf(c command) []string {
	var said bytes.Buffer
	c.run([]string{"-h"}, strings.NewReader(""), io.Discard, &said)
	var flags []string
	for line := range strings.Lines(said.String()) {
		if rest, ok := strings.CutPrefix(line, "  -"); ok {
			name := strings.Fields(rest)[0]
			if len(name) > 1 {
				name = "-" + name
			}
			flags = append(flags, "-"+name)
		}
	}
	return flags
}

func completeBash(w io.Writer, list []completed) {
	var names []string
	fmt.Fprint(w, "_codex_lsp() {\n  local words\n  case ${COMP_WORDS[1]} in\n")
	for _, c := range list {
		names = append(names, c.name)
		fmt.Fprintf(w, "    %s) words='%s' ;;\n", c.name, strings.Join(c.words, " "))
	}
	fmt.Fprintf(w, `  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words='%s'; fi
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _codex_lsp codex-lsp
`, strings.Join(names, " "))
}

func completeZsh(w io.Writer, list []completed) {
	fmt.Fprint(w, "#compdef codex-lsp\n_codex_lsp() {\n  if (( CURRENT == 2 )); then\n    local -a commands=(\n")
	for _, c := range list {
		fmt.Fprintf(w, "      %s\n", quoted(c.name+":"+c.help))
	}
	fmt.Fprint(w, "    )\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n")
	for _, c := range list {
		if len(c.words) > 0 {
			fmt.Fprintf(w, "    %s) compadd -- %s ;;\n", c.name, strings.Join(c.words, " "))
		}
	}
	fmt.Fprint(w, "  esac\n  _files\n}\ncompdef _codex_lsp codex-lsp\n")
}

func completeFish(w io.Writer, list []completed) {
	for _, c := range list {
		fmt.Fprintf(w, "complete -c codex-lsp -n __fish_use_subcommand -a %s -d %s\n", c.name, quoted(c.help))
		for _, word := range c.words {
			fmt.Fprintf(w, "complete -c codex-lsp -n '__fish_seen_subcommand_from %s' -a '%s'\n", c.name, word)
		}
	}
}

// quoted is a text as one word of any of the shells.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
