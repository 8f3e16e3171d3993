//go:build long

package lab

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// repositories are those named by PATCH_REPOS, or this project's own.
func repositories() []string {
	if list := os.Getenv("PATCH_REPOS"); list != "" {
		return filepath.SplitList(list)
	}
	return []string{"../.."}
}

// number is the variable of a name, or a default.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// engines are ours and, if PATCH_CODEX names the real Codex under the name
// apply_patch, that one, git apply and patch.
func engines(t *testing.T) []engine {
	codex := os.Getenv("PATCH_CODEX")
	if codex == "" {
		return []engine{ours}
	}
	diff := func(s specimen) string { return s.unified }
	return []engine{ours,
		command(t, "codex", func(s specimen) string { return s.patch }, codex),
		command(t, "git apply", diff, "git", "apply", "-C1", "--ignore-whitespace"),
		command(t, "patch -F3 -l", diff, "patch", "-p1", "-F3", "-l", "-s", "-f"),
	}
}

// complain logs what is not ideal. In a folder of its own in PATCH_KEEP it
// leaves the patch and the trees before, wanted and got, to be compared.
func complain(t *testing.T, s specimen) func(o outcome, err error) {
	return func(o outcome, err error) {
		t.Logf("%s, %s: outcome %d, %v", s.name, s.kind, o, err)
		dir := os.Getenv("PATCH_KEEP")
		if dir == "" {
			return
		}
		got, _ := apply(s.pre, s.patch)
		all := tree{"patch": s.patch}
		for name, files := range map[string]tree{"before": s.pre, "wanted": s.post, "got": got} {
			for path, text := range files {
				all[name+"/"+path] = text
			}
		}
		name := strings.ReplaceAll(fmt.Sprintf("%d %s %s", o, s.kind, s.name), "/", "-")
		writeTree(t, filepath.Join(dir, name), all)
	}
}

func TestCommits(t *testing.T) {
	perRepository := number("PATCH_COMMITS", 400)
	r := newReport(engines(t)...)
	for _, dir := range repositories() {
		h := openHistory(t, dir)
		rnd := rand.New(rand.NewSource(int64(number("PATCH_SEED", 1))))
		for _, c := range h.changes(t, perRepository, rnd) {
			s := asWritten(c, styles[rnd.Intn(len(styles))])
			r.add(s, complain(t, s))
		}
	}
	t.Logf("\n%s", r)
	if got := r.share(0); got < 0.998 || r.rows["total"][0].of[wrong] > 0 {
		t.Errorf("%.2f%% are ideal", 100*got)
	}
}

func TestDamagedCommits(t *testing.T) {
	perRepository, perDamage := number("PATCH_COMMITS", 400), number("PATCH_SAMPLES", 20)
	r := newReport(engines(t)...)
	for _, dir := range repositories() {
		rnd := rand.New(rand.NewSource(int64(number("PATCH_SEED", 1))))
		var clean []change
		for _, c := range openHistory(t, dir).changes(t, perRepository, rnd) {
			if len(c.updates()) > 0 && c.expressible() && !c.ambiguous() {
				clean = append(clean, c)
			}
		}
		for _, dm := range damages {
			dealt := 0
			for _, i := range rnd.Perm(len(clean)) {
				s, ok := dm.deal(clean[i], rnd)
				if !ok {
					continue
				}
				r.add(s, complain(t, s))
				if dealt++; dealt == perDamage {
					break
				}
			}
		}
	}
	t.Logf("\n%s", r)
	if all := r.rows["total"][0]; r.share(0) < 0.95 || all.of[half] > 0 || all.of[wrong] > 0 {
		got := r.share(0)
		t.Errorf("%.2f%% are ideal", 100*got)
	}
}
