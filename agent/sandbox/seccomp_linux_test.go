//go:build amd64 || arm64

package sandbox

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// run is what the kernel would do with a filter that looks at the number alone.
func run(t *testing.T, filter []unix.SockFilter, number uint32) uint32 {
	t.Helper()
	for at := 0; at < len(filter); at++ {
		switch in := filter[at]; in.Code {
		case unix.BPF_RET | unix.BPF_K:
			return in.K
		case unix.BPF_JMP | unix.BPF_JA:
			at += int(in.K)
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			if number == in.K || number > in.K && in.Code == unix.BPF_JMP|unix.BPF_JGE|unix.BPF_K {
				at += int(in.Jt)
			} else {
				at += int(in.Jf)
			}
		default:
			t.Fatalf("instruction %d: %#x", at, in.Code)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}

// TestEveryDeniedCallIsFound: the search that halves finds what is there, and
// nothing else.
func TestEveryDeniedCallIsFound(t *testing.T) {
	all := slices.Concat(denied, deniedHere, deniedWeak, deniedOffline)
	slices.Sort(all)
	for n := range len(all) + 1 {
		filter := append(among(all[:n], forbid), ret(allow))
		for number := range uint32(600) {
			want := uint32(allow)
			if slices.Contains(all[:n], uintptr(number)) {
				want = forbid
			}
			if got := run(t, filter, number); got != want {
				t.Fatalf("of the first %d, call %d: %#x, want %#x", n, number, got, want)
			}
		}
	}
}
