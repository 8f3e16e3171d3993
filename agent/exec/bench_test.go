package exec

import (
	"os/exec"
	"testing"
)

// What a Runner adds to a process: a session of its own, the guard, the text.
func BenchmarkTrue(b *testing.B) {
	r := newTestRunner(b)
	c := Command{Script: "true", Shell: "sh", Dir: b.TempDir()}
	run(b, r, c)
	for b.Loop() {
		run(b, r, c)
	}
}

func BenchmarkTruePlain(b *testing.B) {
	for b.Loop() {
		if _, err := exec.Command("sh", "-c", "true").CombinedOutput(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTruncate(b *testing.B) {
	c := newCapture(maxOutput)
	c.write(make([]byte, maxOutput))
	out := c.take(true)
	for b.Loop() {
		truncate(out, defaultTokens)
	}
}
