package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// An escapeTried is what agent/sandbox/escape says of one attempt.
type escapeTried struct {
	Name    string `json:"name"`
	Control bool   `json:"control"` // of the list: no way out, but what must work
	Out     bool   `json:"out"`     // of a run: it got out
}

// sandboxes tries to break out of both sandboxes in all the ways of the corpus,
// and measures what they cost.
func (c comparison) sandboxes() error {
	dir, err := os.MkdirTemp("/var/tmp", "codex-lsp-compare-") // not below /tmp, where Codex does not start
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	escape := filepath.Join(dir, "escape")
	if out, err := exec.Command("go", "build", "-o", escape, "codex-lsp/agent/sandbox/escape").CombinedOutput(); err != nil {
		return fmt.Errorf("build the corpus: %w\n%s", err, out)
	}
	prefixes := map[string][]string{
		"codex-lsp": {c.lsp, "sandbox", "--mode", "workspace-write", "--"},
		"Codex":     {c.codex, "sandbox", "-c", `sandbox_mode="workspace-write"`, "--"},
		"none":      nil,
	}
	tried := make(map[string]map[string]bool)
	for who, prefix := range prefixes {
		if tried[who], err = runCorpus(escape, prefix); err != nil {
			return fmt.Errorf("the corpus behind %s: %w", who, err)
		}
	}
	var list []escapeTried
	text, err := exec.Command(escape, "list").Output()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	printEscapes(list, tried)
	return c.sandboxTimes(dir, prefixes)
}

func runCorpus(escape string, prefix []string) (map[string]bool, error) {
	args := []string{"run"}
	if prefix != nil {
		args = append(append(args, "--"), prefix...)
	}
	cmd := exec.Command(escape, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	results := make(map[string]bool)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var r escapeTried
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, err
		}
		results[r.Name] = r.Out
	}
	return results, err
}

// printEscapes lists what the two differ in, and counts the rest. Only what
// works in the open counts.
func printEscapes(list []escapeTried, tried map[string]map[string]bool) {
	held, of := map[string]int{}, 0
	fmt.Printf("\n### Sandboxes, workspace-write, as user %d\n\n| attempt | codex-lsp | Codex |\n|---|---|---|\n", os.Getuid())
	word := func(control, out bool) string {
		switch {
		case control && out:
			return "works"
		case control:
			return "**fails**"
		case out:
			return "**out**"
		}
		return "held"
	}
	for _, a := range list {
		ours, theirs := tried["codex-lsp"][a.Name], tried["Codex"][a.Name]
		if !a.Control && tried["none"][a.Name] {
			of++
			for who, out := range map[string]bool{"codex-lsp": ours, "Codex": theirs} {
				if !out {
					held[who]++
				}
			}
		}
		if ours != theirs || ours != a.Control {
			fmt.Printf("| %s | %s | %s |\n", a.Name, word(a.Control, ours), word(a.Control, theirs))
		}
	}
	fmt.Printf("\nOf %d attempts that work in the open codex-lsp holds %d, Codex %d.\n", of, held["codex-lsp"], held["Codex"])
}

// sandboxTimes measures a command that does nothing, and one that makes files.
func (c comparison) sandboxTimes(dir string, prefixes map[string][]string) error {
	files := "i=0; while [ $i -lt 500 ]; do echo $i >f$i; i=$((i+1)); done"
	fmt.Print("\n| command | none | codex-lsp | Codex |\n|---|---|---|---|\n")
	for _, t := range []struct {
		name string
		argv []string
	}{{"true", []string{"true"}}, {"500 new files", []string{"sh", "-c", files}}} {
		row := []string{t.name}
		for _, who := range []string{"none", "codex-lsp", "Codex"} {
			var times []float64
			for range c.runs {
				ws, err := os.MkdirTemp(dir, "ws")
				if err != nil {
					return err
				}
				argv := append(append([]string{}, prefixes[who]...), t.argv...)
				cmd := exec.Command(argv[0], argv[1:]...)
				cmd.Dir, cmd.Env = ws, append(os.Environ(), "CODEX_HOME="+ws)
				if who == "codex-lsp" { // whose home is no part of a workspace
					cmd.Env = append(os.Environ(), "CODEX_HOME="+dir+"/home")
				}
				began := time.Now()
				if out, err := cmd.CombinedOutput(); err != nil {
					return fmt.Errorf("%v: %w\n%s", argv, err, out)
				}
				times = append(times, ms(time.Since(began)))
			}
			row = append(row, fmt.Sprintf("%.1f ms", median(times)))
		}
		fmt.Println("| " + strings.Join(row, " | ") + " |")
	}
	return nil
}
