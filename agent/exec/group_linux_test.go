package exec

import (
	"os/exec"
	"testing"
)

// A kernel older than 6.9 has no signal to a group by pidfd, and one older
// than 5.3 no pidfd.
func TestGroupWithoutPidfd(t *testing.T) {
	for _, tc := range []struct {
		name string
		open func(pid int) *group
	}{
		{"pidfd", newGroup},
		{"none", func(pid int) *group { return &group{pid: pid} }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			alive := newWitness(t)
			cmd := exec.Command("sh", "-c", "exec 9>"+alive.path+"; sleep 1000 & sleep 1000")
			cmd.SysProcAttr = attributes(false)
			thread := newThread()
			defer thread.close()
			var err error
			thread.do(func() { err = cmd.Start() })
			if err != nil {
				t.Fatal(err)
			}
			g := tc.open(cmd.Process.Pid)
			defer g.close()
			if !g.alive() {
				t.Error("a group that runs is not alive")
			}
			g.destroy()
			if g.alive() {
				t.Error("a group that was destroyed is alive")
			}
			alive.wait(t)
			cmd.Wait()
		})
	}
}
