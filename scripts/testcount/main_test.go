package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite what the test data expects")

// Each file holds events as go test -json wrote them, the exit code and the
// text that are expected.
func TestRun(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			events, exit, text := &ar.Files[0], &ar.Files[1], &ar.Files[2]
			var out bytes.Buffer
			code := run(bytes.NewReader(events.Data), &out)
			if *update {
				exit.Data, text.Data = []byte(strconv.Itoa(code)+"\n"), out.Bytes()
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := strings.TrimSpace(string(exit.Data)); strconv.Itoa(code) != want {
				t.Errorf("exit code %d, want %s", code, want)
			}
			if diff := cmp.Diff(string(text.Data), out.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}
