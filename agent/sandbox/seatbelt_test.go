package sandbox

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSeatbelt(t *testing.T) {
	for _, c := range []struct {
		name  string
		p     Policy
		roots []string
		want  string // after what all have
	}{
		{"nothing", Policy{}, nil, ""},
		{"a workspace", Policy{Home: "/Users/u/.codex"}, []string{"/Users/u/a.b"}, `
(allow file-write* (subpath "/Users/u/a.b"))
(deny file-write* (literal "/Users/u/a.b/.git") (subpath "/Users/u/a.b/.git"))
(deny file-write* (literal "/Users/u/a.b/.codex") (subpath "/Users/u/a.b/.codex"))
(deny file-write* (literal "/Users/u/a.b/.agents") (subpath "/Users/u/a.b/.agents"))
(deny file-write* (regex #"^/Users/u/a\.b/.*/\.git(/.*)?$"))
(deny file-write* (literal "/Users/u/.codex") (subpath "/Users/u/.codex"))
`},
		{"a name that would end the string", Policy{}, []string{`/a") (allow default) ("\`}, `
(allow file-write* (subpath "/a\") (allow default) (\"\\"))
(deny file-write* (literal "/a\") (allow default) (\"\\/.git") (subpath "/a\") (allow default) (\"\\/.git"))
(deny file-write* (literal "/a\") (allow default) (\"\\/.codex") (subpath "/a\") (allow default) (\"\\/.codex"))
(deny file-write* (literal "/a\") (allow default) (\"\\/.agents") (subpath "/a\") (allow default) (\"\\/.agents"))
(deny file-write* (regex #"^/a.\) \(allow default\) \(.\\/.*/\.git(/.*)?$"))
`},
		{"the loopback", Policy{Loopback: true}, nil, `
(allow network-outbound (remote ip "localhost:*"))
(allow network-inbound (local ip "localhost:*"))
(allow network-bind (local ip "localhost:*"))
(allow system-socket)
`},
	} {
		got, ok := strings.CutPrefix(c.p.seatbelt(c.roots), seatbeltBase)
		if !ok {
			t.Fatalf("%s: the base is missing", c.name)
		}
		if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
	}
	if got := (Policy{Network: true}).seatbelt(nil); !strings.Contains(got, "(allow network-outbound (remote ip))") || strings.Contains(got, "unix-socket") {
		t.Errorf("the network: %s", got)
	}
}
