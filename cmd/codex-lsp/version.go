package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"

	"codex-lsp/agent"
)

// version is set by the linker.
var version = "dev"

// printVersion is the subcommand version.
func printVersion(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("version", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print it as JSON, with what it was built by and for")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "version: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	if !*asJSON {
		fmt.Fprintln(stdout, "codex-lsp", version)
		return 0
	}
	printJSON(stdout, struct {
		Version string `json:"version"`
		Go      string `json:"go"`
		OS      string `json:"os"`
		Arch    string `json:"arch"`
		Prompt  int    `json:"promptVersion"` // of what models are told
	}{version, runtime.Version(), runtime.GOOS, runtime.GOARCH, agent.PromptVersion})
	return 0
}
