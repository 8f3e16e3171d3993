package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"codex-lsp/agent/sandbox"
)

const doctorUsage = `Usage: codex-lsp doctor [--json]

Starts commands in the sandbox that try to break out of it, and tells for each
layer whether it holds, and what to do if not. The exit code is 1 if commands
cannot be confined as they should.

`

// doctor is the subcommand of that name.
func doctor(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print the report as JSON")
	flags.Usage = func() {
		fmt.Fprint(stderr, doctorUsage)
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "doctor: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	r := sandbox.Probe()
	if *asJSON {
		printJSON(stdout, map[string]any{"system": r.System, "layers": r.Layers, "full": r.Full(), "weak": r.Weak()})
	} else {
		describeSandbox(stdout, r)
	}
	if !r.Full() {
		return 1
	}
	return 0
}

// describeSandbox prints a report for people.
func describeSandbox(w io.Writer, r sandbox.Report) {
	fmt.Fprintf(w, "Sandbox on %s\n\n", r.System)
	remedy := ""
	for _, l := range r.Layers {
		state := "held    "
		if !l.Held {
			state = "NOT HELD"
		}
		fmt.Fprintf(w, "  %s  %s (%s)\n", state, l.Name, l.Why)
		if l.Remedy != "" && l.Remedy != remedy { // once for what has one cause
			fmt.Fprintf(w, "            %s\n", l.Remedy)
		}
		remedy = l.Remedy
	}
	switch {
	case r.Full():
		fmt.Fprintln(w, "\nCommands run in a full sandbox.")
	case r.Weak():
		fmt.Fprintln(w, "\nThere is only a weak sandbox, without namespaces: every command that may write is asked about, unless sandbox.allow_weak is set.")
	default:
		fmt.Fprintln(w, "\nThere is no sandbox: every command is asked about.")
	}
}
