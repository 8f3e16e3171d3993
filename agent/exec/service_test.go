package exec

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
)

func startService(t *testing.T, s *Services, script string, env ...string) *Process {
	t.Helper()
	p, err := s.Start(Service{Path: "sh", Args: []string{"-c", script}, Dir: t.TempDir(), Env: append(env, "PATH=/usr/bin:/bin"), Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A service sees what it is given and no more, and ends when its input does.
func TestServiceIsTalkedTo(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "not for services")
	s := NewServices(slog.Default())
	defer s.Close()
	p := startService(t, s, `env; cat`, "A=1")
	if _, err := p.Stdin.WriteString("hello\n"); err != nil {
		t.Fatal(err)
	}
	p.Stdin.Close()
	out, err := io.ReadAll(p.Stdout)
	p.Stop()
	if text := string(out); err != nil || !strings.HasSuffix(text, "hello\n") || !strings.Contains(text, "A=1\n") || strings.Contains(text, "OPENAI") {
		t.Errorf("%q, %v", out, err)
	}
	if p.Err() != nil {
		t.Error(p.Err())
	}
}

// Nothing of a service is left when it is stopped, whatever it ignores and has
// started, and its streams are at their end.
func TestServiceLeavesNothing(t *testing.T) {
	for name, script := range map[string]string{
		"ignores everything":  `trap '' TERM HUP INT; exec 9>$FIFO; echo up; while :; do sleep 1000; done`,
		"has a child":         `exec 9>$FIFO; (trap '' TERM; echo up; exec sleep 1000) & wait`,
		"has left a child":    `exec 9>$FIFO; (echo up; exec sleep 1000) &`,
		"a child with stderr": `exec 9>$FIFO; (echo up; exec sleep 1000) >/dev/null & echo up`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alive := newWitness(t)
			s := NewServices(slog.Default())
			defer s.Close()
			p := startService(t, s, script, "FIFO="+alive.path)
			buf := make([]byte, 3)
			if _, err := io.ReadFull(p.Stdout, buf); err != nil || !bytes.Equal(buf, []byte("up\n")) {
				t.Fatalf("%q, %v", buf, err)
			}
			p.Stop()
			p.Stop() // again is nothing
			alive.wait(t)
			if _, err := p.Stdout.Read(buf); err == nil {
				t.Error("stdout is open")
			}
		})
	}
}

func TestServiceThatIsNot(t *testing.T) {
	s := NewServices(slog.Default())
	defer s.Close()
	for _, path := range []string{"no-such-program", "/no/such/program"} {
		if _, err := s.Start(Service{Path: path, Dir: "/", Env: []string{"PATH=.:/bin"}}); err == nil || !strings.Contains(err.Error(), path) {
			t.Error(path, err)
		}
	}
}
