package exec

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A shown frame, and when.
type shown struct {
	at   time.Duration
	text string
}

// Output is shown at once, and then at most once a frame.
func TestAwaitShowsFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(12345, Command{})
		began := time.Now()
		go func() {
			for i := range 100 { // one line each millisecond
				s.hear([]byte{'a' + byte(i%26)})
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Second)
			s.hear([]byte("end"))
			s.code = 3
			close(s.ended)
		}()
		var got []shown
		output := func(p []byte) { got = append(got, shown{time.Since(began), string(p)}) }
		if err := s.await(t.Context(), time.Minute, output); err != nil {
			t.Fatal(err)
		}
		res := s.tell(began, 1000, output)
		var all strings.Builder
		for i, f := range got {
			all.WriteString(f.text)
			if last := i == len(got)-1; i > 0 && !last && f.at-got[i-1].at < frameTime {
				t.Errorf("frame %d at %v, the one before at %v", i, f.at, got[i-1].at)
			}
		}
		if got[0].at != 0 || len(got) > 10 {
			t.Errorf("first of %d frames at %v, want few and the first at once", len(got), got[0].at)
		}
		if all.String() != res.Output || len(res.Output) != 103 || res.ExitCode != 3 || res.Running {
			t.Errorf("shown %q, result %+v", all.String(), res)
		}
	})
}

func TestAwaitEnds(t *testing.T) {
	cancelled := func(ctx context.Context, after time.Duration) context.Context {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(after, cancel)
		return ctx
	}
	for _, tc := range []struct {
		name          string
		ended, cancel time.Duration // 0 for never
		want          time.Duration
		err           error
		running       bool
	}{
		{name: "with the command", ended: 2 * time.Second, want: 2 * time.Second},
		{name: "with its yield", ended: 20 * time.Second, want: 10 * time.Second, running: true},
		{name: "with the context", ended: 20 * time.Second, cancel: time.Second, want: time.Second, err: context.Canceled, running: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSession(12345, Command{})
				time.AfterFunc(tc.ended, func() { close(s.ended) })
				ctx := t.Context()
				if tc.cancel > 0 {
					ctx = cancelled(ctx, tc.cancel)
				}
				began := time.Now()
				err := s.await(ctx, 10*time.Second, nil)
				got := s.tell(began, 1000, nil)
				want := Result{Running: tc.running, Wall: tc.want}
				if tc.running {
					want.SessionID = 12345
				}
				got.Text = ""
				if d := cmp.Diff(want, got); d != "" || !errors.Is(err, tc.err) {
					t.Errorf("error %v, want %v; -want +got\n%s", err, tc.err, d)
				}
				<-s.ended
			})
		})
	}
}

// A listener that is slow costs memory for one frame, not for all it missed.
func TestSlowListenerIsToldWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(12345, Command{})
		line := []byte(strings.Repeat("x", 1023) + "\n")
		go func() {
			for range 1000 {
				s.hear(line)
				time.Sleep(time.Millisecond)
			}
			close(s.ended)
		}()
		var frames []string
		output := func(p []byte) {
			frames = append(frames, string(p))
			time.Sleep(200 * time.Millisecond)
		}
		if err := s.await(t.Context(), time.Minute, output); err != nil {
			t.Fatal(err)
		}
		omitted := 0
		for _, f := range frames {
			if len(f) > maxFrame+100 {
				t.Errorf("a frame of %d bytes", len(f))
			}
			omitted += strings.Count(f, " bytes omitted ...")
		}
		if omitted == 0 {
			t.Errorf("%d frames, and none says that anything is missing", len(frames))
		}
	})
}
