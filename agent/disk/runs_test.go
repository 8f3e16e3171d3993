package disk

import (
	"os"
	"testing"
)

// Who looks for a process again and again keeps no descriptor of it.
func TestRunsKeepsNothingOpen(t *testing.T) {
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return 0 // where there is no such folder, there are no such descriptors
		}
		return len(list)
	}
	before := open()
	for range 100 {
		if !Runs(os.Getpid()) {
			t.Fatal("this process does not run")
		}
	}
	if Runs(1 << 30) {
		t.Error("a process runs that cannot be")
	}
	if after := open(); after > before+10 {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}
