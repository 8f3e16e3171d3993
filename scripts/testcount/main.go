// Command testcount reads the output of go test -json on its standard input,
// shows one line per package and all that failing tests printed, and ends with
// a line that counts: "12 passed, 0 failed".
//
// A test is counted once, where it asserts: one that only groups subtests is
// not. It exits with 1 when a test or a build failed, when a test was skipped,
// and when nothing ran, since neither shows that anything works.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Stdin, os.Stdout)) }

func run(in io.Reader, out io.Writer) int {
	c := newCounter(out)
	if err := c.read(in); err != nil {
		fmt.Fprintln(out, "testcount:", err)
		return 1
	}
	c.summary()
	if !c.good() {
		return 1
	}
	return 0
}
