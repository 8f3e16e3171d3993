package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts plays testdata/script against the built program. Beside
// testscript's own commands there is
//
//	[!] lsp [FLAG...] FILE...
//
// which starts the program with these flags, sends it the messages in the
// files, waiting for the reply to each request before it sends the next, and
// closes the program's input. Its output is the standard output that follows.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("CODEX_HOME", filepath.Join(e.WorkDir, ".codex"))
			return os.Mkdir(filepath.Join(e.WorkDir, ".codex"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"lsp": scriptLSP},
	})
}

func scriptLSP(ts *testscript.TestScript, neg bool, args []string) {
	var flags, messages []string
	for _, arg := range args {
		if body, err := os.ReadFile(ts.MkAbs(arg)); err == nil {
			messages = append(messages, strings.TrimSuffix(string(body), "\n"))
		} else {
			flags = append(flags, arg)
		}
	}
	cmd := exec.Command(binary, flags...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "CODEX_HOME="+ts.Getenv("CODEX_HOME"), "OPENAI_API_KEY=", "CODEX_API_KEY=")
	cmd.Stderr = ts.Stderr()
	in, err := cmd.StdinPipe()
	ts.Check(err)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Check(converseWith(in, io.TeeReader(out, ts.Stdout()), messages))
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	if failed := err != nil; failed != neg {
		ts.Fatalf("exit code %d", cmd.ProcessState.ExitCode())
	}
}

// converseWith sends each message, waits for the reply if it is a request, and
// reads on to the end.
func converseWith(in io.WriteCloser, out io.Reader, messages []string) error {
	r := bufio.NewReader(out)
	for _, m := range messages {
		if _, err := io.WriteString(in, frame(m)); err != nil {
			return err
		}
		var request struct{ ID int }
		if json.Unmarshal([]byte(m), &request) != nil || request.ID == 0 {
			continue
		}
		for id := 0; id != request.ID; {
			var err error
			if id, err = replyID(r); err != nil {
				return fmt.Errorf("wait for the reply to %s: %w", m, err)
			}
		}
	}
	if err := in.Close(); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, r)
	return err
}

// replyID reads one message and returns its id, 0 if it is no reply.
func replyID(r *bufio.Reader) (int, error) {
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		return 0, err
	}
	size, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil {
		return 0, err
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, err
	}
	var reply struct {
		ID     int
		Method string
	}
	if json.Unmarshal(body, &reply) != nil || reply.Method != "" {
		return 0, nil
	}
	return reply.ID, nil
}
