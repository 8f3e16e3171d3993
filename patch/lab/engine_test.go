//go:build long

package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An outcome is what an engine made of a patch.
type outcome int

const (
	exact   outcome = iota // success, and the right tree
	refusal                // an error, and nothing touched
	wrong                  // success, and another tree
	half                   // an error, and something touched
)

// An engine applies the patch of a specimen to its tree before. errUnable says
// that the specimen cannot be put to it.
type engine struct {
	name  string
	apply func(s specimen) (tree, error)
}

var errUnable = errors.New("there is no such patch in the engine's format")

var ours = engine{"codex-lsp", func(s specimen) (tree, error) { return apply(s.pre, s.patch) }}

// judge says what the outcome is and whether it is the ideal one. Of a patch
// that does not tell how its lines end, any way to end them is right.
func (s *specimen) judge(got tree, err error) (o outcome, ideal bool) {
	same := maps.Equal(got, s.post)
	if s.want == either {
		same = maps.Equal(lax(got), lax(s.post))
	}
	switch {
	case err == nil && same:
		o = exact
	case err == nil:
		o = wrong
	case maps.Equal(got, s.pre):
		o = refusal
	default:
		o = half
	}
	return o, s.want == applies && o == exact || s.want == refused && o == refusal ||
		s.want == either && (o == exact || o == refusal)
}

func lax(t tree) tree {
	out := make(tree)
	for path, text := range t {
		out[path] = strings.TrimSuffix(strings.ReplaceAll(text, "\r", ""), "\n")
	}
	return out
}

// A tally counts outcomes.
type tally struct {
	n, judged, ideal int
	of               [half + 1]int
	alone            int // exact where the first engine refuses
}

// A report counts the outcomes of several engines by kind of specimen.
type report struct {
	engines []engine
	rows    map[string][]tally // one for each engine
}

func newReport(engines ...engine) *report {
	return &report{engines, make(map[string][]tally)}
}

// add has every engine apply a specimen. complain is told of what the first
// makes of it unless that is ideal.
func (r *report) add(s specimen, complain func(o outcome, err error)) {
	var first outcome
	for i, e := range r.engines {
		got, err := e.apply(s)
		if err == errUnable {
			continue
		}
		o, ideal := s.judge(got, err)
		if i == 0 {
			first = o
		}
		for _, row := range []string{s.kind, "total"} {
			if r.rows[row] == nil {
				r.rows[row] = make([]tally, len(r.engines))
			}
			t := &r.rows[row][i]
			t.n++
			t.of[o]++
			if first == refusal && o == exact && s.want != refused {
				t.alone++
			}
			if s.want != either {
				t.judged++
				if ideal {
					t.ideal++
				}
			}
		}
		if i == 0 && (!ideal || o == wrong) {
			complain(o, err)
		}
	}
}

// share is how many of the judged specimens of an engine came out ideally.
func (r *report) share(engine int) float64 {
	t := r.rows["total"][engine]
	return float64(t.ideal) / float64(max(t.judged, 1))
}

func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-45s %5s", "kind", "n")
	for _, e := range r.engines {
		fmt.Fprintf(&b, "  %28s", e.name+" ideal/wrong/half/alone")
	}
	kinds := slices.Sorted(maps.Keys(r.rows))
	slices.SortStableFunc(kinds, func(a, b string) int {
		if (a == "total") != (b == "total") {
			return map[bool]int{true: 1, false: -1}[a == "total"]
		}
		return 0
	})
	for _, kind := range kinds {
		fmt.Fprintf(&b, "\n%-45s %5d", kind, r.rows[kind][0].n)
		for _, t := range r.rows[kind] {
			share := "-"
			if t.judged > 0 {
				share = fmt.Sprintf("%.1f%%", 100*float64(t.ideal)/float64(t.judged))
			}
			fmt.Fprintf(&b, "  %28s", fmt.Sprintf("%s / %d / %d / %d", share, t.of[wrong], t.of[half], t.alone))
		}
	}
	return b.String()
}

// command is an engine that is a program. input is what it reads; "" says that
// the specimen cannot be put to it.
func command(t testing.TB, name string, input func(s specimen) string, argv ...string) engine {
	return engine{name, func(s specimen) (tree, error) {
		if input(s) == "" {
			return nil, errUnable
		}
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		writeTree(t, dir, s.pre)
		cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
		cmd.Dir = dir
		cmd.Stdin = strings.NewReader(input(s))
		cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "HOME="+dir, "CODEX_HOME="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return readTree(t, dir), err
	}}
}

func writeTree(t testing.TB, dir string, files tree) {
	for path, text := range files {
		file := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func readTree(t testing.TB, dir string) tree {
	got := make(tree)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name := strings.TrimPrefix(path, dir+"/")
		if !strings.HasSuffix(name, ".orig") && !strings.HasSuffix(name, ".rej") {
			got[name] = string(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}
