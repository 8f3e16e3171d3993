package exec

import (
	"errors"
	"io"
	"os/exec"
	"testing"
)

// walls is a sandbox of nothing but what it says at the end.
type walls struct {
	failed error
	closed int
}

func (w *walls) Close() error { w.closed++; return w.failed }

// What a sandbox takes is given back once, and a command that it has not let
// run is an error in its words.
func TestWrap(t *testing.T) {
	never := errors.New("the sandbox could not be made")
	for _, tc := range []struct {
		name string
		wrap error // of Wrap itself
		end  error // of what it returns
		argv string
		want error
	}{
		{name: "runs", argv: "sh"},
		{name: "cannot be prepared", wrap: never, argv: "sh", want: never},
		{name: "could not be made", end: never, argv: "sh", want: never},
		{name: "does not start", argv: "/nowhere", want: errors.New(`CreateProcess { message: "Rejected(\"Failed to create unified exec process: No such file or directory (os error 2)\")" }`)},
	} {
		w := &walls{failed: tc.end}
		c := Command{Script: "echo $0", Dir: t.TempDir(), Wrap: func(cmd *exec.Cmd) (io.Closer, error) {
			if tc.wrap != nil {
				return nil, tc.wrap
			}
			if tc.argv != "sh" {
				cmd.Path = tc.argv
			}
			return w, nil
		}}
		r := newTestRunner(t)
		_, err := r.Run(t.Context(), c)
		if (err == nil) != (tc.want == nil) || err != nil && err.Error() != tc.want.Error() {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
		if tc.wrap == nil && w.closed != 1 {
			t.Errorf("%s: closed %d times", tc.name, w.closed)
		}
		if len(r.sessions) > 0 {
			t.Errorf("%s: %d sessions are left", tc.name, len(r.sessions))
		}
	}
}
