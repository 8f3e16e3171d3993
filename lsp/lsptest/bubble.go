package lsptest

import (
	"runtime"
	"testing"
	"testing/synctest"
)

// Bubble runs a test under a fake clock. The jsonrpc2 library pools channels
// in package variables; a channel from one bubble must not reach another, so
// the pools are emptied before and after. Tests that use it run one at a time.
func Bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	emptyPools()
	defer emptyPools()
	synctest.Test(t, f)
}

// emptyPools collects garbage twice: what a sync.Pool holds survives once.
func emptyPools() {
	runtime.GC()
	runtime.GC()
}
