//go:build linux

// Escape tries to break out of a sandbox, in all the ways of its corpus, and
// prints what became of each.
//
//	escape list                       the corpus, as JSON
//	escape run [-only NAME] [-- PREFIX...]  tries each behind a prefix
//
// The prefix is what starts a command in a sandbox, such as codex-lsp sandbox
// with its flags; {ws} and {tmp} in it stand for the workspace and a folder for
// temporary files. Without a prefix everything is tried in the open, which
// shows what the attempts can do: it makes a world of its own for that, with
// files, sockets and a process to be the victims.
//
// It runs as whoever starts it. As root it does what root can do, within
// reason: nothing that the machine would not survive.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: escape list | run [-only NAME] [-- PREFIX...]")
		os.Exit(2)
	}
	switch os.Args[1] {
	case "list":
		json.NewEncoder(os.Stdout).Encode(corpus)
	case "run":
		if err := runAll(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "escape:", err)
			os.Exit(1)
		}
	case "victim":
		beVictim()
	case "linger":
		linger()
	case "privileges":
		tellPrivileges()
	case "try": // within the sandbox: the attempt's name, and the world
		var w world
		if err := json.Unmarshal([]byte(os.Args[3]), &w); err != nil {
			fmt.Fprintln(os.Stderr, "escape:", err)
			os.Exit(2)
		}
		if err := named(os.Args[2]).try(&w); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

// An attempt is one way out.
type attempt struct {
	Group string `json:"group"`
	Name  string `json:"name"` // also says what is tried
	// Weak tells whether Landlock and seccomp alone do not hold it.
	Weak bool `json:"weak,omitempty"`
	Root bool `json:"root,omitempty"` // it takes root to begin with
	// Needs names what the kernel must allow for it to work in the open.
	Needs string `json:"needs,omitempty"`
	// Takes names the layer that holds it, where a sandbox may do without that.
	Takes string `json:"takes,omitempty"`
	// Control is no way out: it must work in every sandbox that may write.
	Control bool `json:"control,omitempty"`

	keys   bool                             // the user has one
	try    func(*world) error               // runs in the sandbox; nil if it believes to be out
	worked func(w *world, said string) bool // looks from the outside; nil to take try's word
}

func named(name string) attempt {
	for _, a := range corpus {
		if a.Name == name {
			return a
		}
	}
	return attempt{try: func(*world) error { return fmt.Errorf("there is no attempt %q", name) }}
}

// A result is what became of an attempt.
type result struct {
	Name string `json:"name"`
	Out  bool   `json:"out"`  // it was an escape
	Said string `json:"said"` // by the attempt
}

func runAll(args []string) error {
	runtime.LockOSThread() // a session's keyring is its thread's
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	only := flags.String("only", "", "the only attempt")
	if err := flags.Parse(args); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, a := range corpus {
		if *only != "" && a.Name != *only {
			continue
		}
		r, err := a.run(flags.Args())
		if err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
