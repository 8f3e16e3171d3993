package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/model/modeltest"
)

// A step is what the model of these tests wants done, once. Its mark is there
// when it was.
type step struct{ name, mark string }

// The steps, in the order of the responses that ask for them.
var steps = [][]step{
	{{"m1", "m1"}}, {{"patch1", "new/b.txt"}}, {{"m2", "m2"}, {"m3", "m3"}}, {{"patch2", "c.txt"}}, {{"m4", "m4"}},
}

// stepTree is what the steps leave.
var stepTree = map[string]string{
	"m1": "ran\n", "m2": "ran\n", "m3": "ran\n", "m4": "ran\n", "c.txt": "ONE\ntwo\n", "new/b.txt": "made\n",
}

const moving = "*** Begin Patch\n*** Update File: a.txt\n*** Move to: c.txt\n@@\n ONE\n two\n*** Delete File: new/b.txt\n*** Add File: new/b.txt\n+made\n*** End Patch"

// call asks for a step, under an id of its own each time.
func (s step) call(try int) modeltest.Item {
	id := fmt.Sprintf("call-%s-%d", s.name, try)
	switch s.name {
	case "patch1":
		return modeltest.CustomAs(id, "apply_patch", execPatch)
	case "patch2":
		return modeltest.CustomAs(id, "apply_patch", strings.Replace(moving, "*** Delete File: new/b.txt\n*** Add File: new/b.txt\n+made\n", "", 1))
	}
	return modeltest.CallAs(id, "exec_command", map[string]any{"login": false, "cmd": "echo ran >> " + s.mark})
}

// check asks whether a step was done.
func (s step) check(try int) modeltest.Item {
	return modeltest.CallAs(fmt.Sprintf("check-%s-%d", s.name, try), "exec_command",
		map[string]any{"login": false, "cmd": "sleep 0.2; test -s " + s.mark + " && echo it is there || echo it is not"})
}

// next is what is to be asked for next of a step, nil when it was done: a model
// that believes what it is told, and checks where it is told to.
func (s step) next(r modeltest.Request) modeltest.Item {
	for try := 0; ; try++ {
		out, asked := r.Output(fmt.Sprintf("call-%s-%d", s.name, try))
		if !asked {
			return s.call(try)
		}
		if strings.Contains(out, "Not run:") || strings.Contains(out, "Not applied:") {
			continue
		}
		if !strings.Contains(out, "may have run") {
			return nil
		}
		seen, checked := "", false
		for n := 0; ; n++ {
			said, asked := r.Output(fmt.Sprintf("check-%s-%d", s.name, 100*try+n))
			if !asked {
				if !checked {
					return s.check(100*try + n)
				}
				break
			}
			if strings.Contains(said, "it is") {
				seen, checked = said, true
			}
		}
		if strings.Contains(seen, "it is there") {
			return nil
		}
	}
}

// stepper is the model.
func stepper(r modeltest.Request) []modeltest.Item {
	for _, side := range steps {
		var items []modeltest.Item
		for _, s := range side {
			if it := s.next(r); it != nil {
				items = append(items, it)
			}
		}
		if len(items) > 0 {
			return items
		}
	}
	return []modeltest.Item{modeltest.Text("all done")}
}

// A killing is one run that is ended by kill -9, and one that goes on.
type killing struct {
	*execution
	binary string
	env    []string
}

func (k *killing) start(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	k.args = append([]string{"exec", "--dangerously-bypass-approvals-and-sandbox"}, args...)
	cmd, _, errs := k.command(t)
	cmd.Path, cmd.Env = k.binary, append(cmd.Env, k.env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, errs
}

// goOn resumes, or begins again what had never been kept, and checks what is
// there in the end.
func (k *killing) goOn(t *testing.T, m *modeltest.Server, where string) {
	t.Helper()
	k.env = nil
	before := len(m.Requests())
	args := []string{"resume", "--last", "go on"}
	if saved, _ := filepath.Glob(filepath.Join(k.home, "sessions", "*", "*", "*", "*")); len(saved) == 0 {
		args = []string{"go"}
	}
	cmd, errs := k.start(t, args...)
	err := cmd.Wait()
	if err != nil && strings.Contains(errs.String(), "no conversation about") { // its first line was not whole
		cmd, errs = k.start(t, "go")
		err = cmd.Wait()
	}
	if err != nil || m.Err() != nil {
		t.Fatalf("killed %s: %v, %v: %s", where, err, m.Err(), errs)
	}
	if diff := cmp.Diff(stepTree, k.tree(t)); diff != "" {
		t.Errorf("killed %s: files (-want +got):\n%s\n%s", where, diff, m.Requests()[before].Body)
	}
	cut := 0
	for _, out := range m.Requests()[before].Outputs() {
		if strings.Contains(out, "the program") || strings.Contains(out, "The program") {
			cut++
		}
	}
	if cut > 2 { // as many as run side by side
		t.Errorf("killed %s: %d calls are told to be cut off", where, cut)
	}
	if left, _ := filepath.Glob(filepath.Join(k.home, "journal", "pending", "*")); len(left) > 0 {
		t.Errorf("killed %s: left %q", where, left)
	}
}

func (k *killing) tree(t *testing.T) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(k.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(k.dir, path)
		if !strings.HasPrefix(name, ".git") {
			files[name] = k.read(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// killed tells whether kill -9 ended a process.
func killed(cmd *exec.Cmd) bool {
	status, is := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return is && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// TestKilledAtEveryPoint: whichever write to disk a process is killed at, the
// next one goes on: nothing has run twice, and all has run. In the long run it is
// every single write, otherwise the first and the last of each kind.
func TestKilledAtEveryPoint(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "codex-lsp")
	if out, err := exec.Command("go", "build", "-tags", "killpoints", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	m := modeltest.ServeScript(t, modeltest.Func(stepper))
	log := filepath.Join(t.TempDir(), "points")
	k := &killing{execution: newExecution(t, m.URL), binary: bin, env: []string{"KILL_LOG=" + log}}
	cmd, errs := k.start(t, "go")
	if err := cmd.Wait(); err != nil || cmp.Diff(stepTree, k.tree(t)) != "" {
		t.Fatalf("%v: %s\n%s", err, errs, cmp.Diff(stepTree, k.tree(t)))
	}
	raw, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split(strings.TrimSpace(string(raw)), "\n")
	for i, name := range names {
		if os.Getenv("KILLS") == "" && !isEnd(names, i) {
			continue
		}
		m := modeltest.ServeScript(t, modeltest.Func(stepper))
		k := &killing{execution: newExecution(t, m.URL), binary: bin, env: []string{"KILL_LOG=" + os.DevNull, "KILL_AT=" + strconv.Itoa(i+1)}}
		cmd, errs := k.start(t, "go")
		if err := cmd.Wait(); !killed(cmd) && err != nil {
			t.Fatalf("point %d: %v: %s", i+1, err, errs)
		}
		k.goOn(t, m, fmt.Sprintf("at point %d, %s", i+1, name))
	}
	t.Logf("%d points", len(names))
}

// isEnd tells whether a name is the first or the last of its kind.
func isEnd(names []string, i int) bool {
	first, last := true, true
	for j, name := range names {
		if name == names[i] {
			first, last = first && j >= i, last && j <= i
		}
	}
	return first || last
}

// TestKilledAtAnyInstant does the same at random instants: KILLS of them.
func TestKilledAtAnyInstant(t *testing.T) {
	kills := 20
	if n, err := strconv.Atoi(os.Getenv("KILLS")); err == nil {
		kills = n
	}
	m := modeltest.ServeScript(t, modeltest.Func(stepper))
	k := &killing{execution: newExecution(t, m.URL), binary: binary}
	began := time.Now()
	cmd, errs := k.start(t, "go")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, errs)
	}
	whole := time.Since(began)
	hit := 0
	for n := range kills {
		m := modeltest.ServeScript(t, modeltest.Func(stepper))
		k := &killing{execution: newExecution(t, m.URL), binary: binary}
		cmd, _ := k.start(t, "go")
		after := time.Duration(rand.Float64() * float64(whole))
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // however it ends
		timer.Stop()
		if killed(cmd) {
			hit++
		}
		k.goOn(t, m, fmt.Sprintf("after %v, the %d-th", after, n))
	}
	t.Logf("%d of %d were killed within %v", hit, kills, whole)
	if hit == 0 {
		t.Error("none was killed")
	}
}
