package tests

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write docs/captures anew")

// captures holds the screens that the documentation shows.
const captures = "../../docs/captures"

// A screen is a program in a terminal, as tmux's control mode shows it: tmux
// tells whenever something was drawn, so that nothing has to be polled.
type screen struct {
	t       *testing.T
	desk    desk
	tmux    *exec.Cmd
	in      io.WriteCloser
	replies chan reply
	drawn   chan struct{} // capacity 1
	gone    chan struct{} // closed when tmux has ended
}

// A reply is what tmux answers to one command.
type reply struct {
	lines []string
	err   error
}

// newScreen starts a program in a terminal of this size.
func newScreen(t *testing.T, d desk, columns, rows int, program ...string) *screen {
	t.Helper()
	args := []string{"-S", filepath.Join(t.TempDir(), "tmux"), "-f", "/dev/null", "-C", "new-session",
		"-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows), "-c", d.project, "--"}
	s := &screen{
		t: t, desk: d, tmux: exec.Command(editor(t, "tmux"), append(args, program...)...),
		replies: make(chan reply, 1), drawn: make(chan struct{}, 1), gone: make(chan struct{}),
	}
	s.tmux.Env = append(d.env, "TERM=screen-256color", "TMUX=")
	out, err := s.tmux.StdoutPipe()
	if err == nil {
		s.in, err = s.tmux.StdinPipe()
	}
	if err == nil {
		err = s.tmux.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() { defer close(s.gone); s.listen(out) }() // stop waits for it
	t.Cleanup(s.stop)
	s.reply("new-session")
	s.do(fmt.Sprintf("refresh-client -C %d,%d", columns, rows))
	return s
}

// stop ends tmux, and with it the program.
func (s *screen) stop() {
	fmt.Fprintln(s.in, "kill-server")
	<-s.gone
	_ = s.tmux.Wait() // that it was killed is all it could say
}

// listen takes apart what tmux says until it ends.
func (s *screen) listen(out io.Reader) {
	var block *reply
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		word, _, _ := strings.Cut(lines.Text(), " ")
		switch {
		case word == "%begin" && block == nil:
			block = new(reply)
		case word == "%end" || word == "%error":
			if word == "%error" {
				block.err = errors.New(strings.Join(block.lines, "\n"))
			}
			s.replies <- *block
			block = nil
		case block != nil:
			block.lines = append(block.lines, lines.Text())
		case word == "%output":
			select {
			case s.drawn <- struct{}{}:
			default:
			}
		}
	}
}

// do runs one command of tmux.
func (s *screen) do(command string) []string {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.in, command); err != nil {
		s.t.Fatalf("tmux %s: %v", command, err)
	}
	return s.reply(command)
}

func (s *screen) reply(command string) []string {
	s.t.Helper()
	select {
	case r := <-s.replies:
		if r.err != nil {
			s.t.Fatalf("tmux %s: %v", command, r.err)
		}
		return r.lines
	case <-s.gone:
		s.t.Fatalf("tmux %s: the program has ended", command)
	case <-time.After(patience):
		s.t.Fatalf("tmux %s: no answer", command)
	}
	return nil
}

// types types text as it is.
func (s *screen) types(text string) {
	s.t.Helper()
	s.do("send-keys -l -- '" + strings.ReplaceAll(text, "'", `'\''`) + "'")
}

// press presses keys, by tmux's names for them.
func (s *screen) press(keys ...string) {
	s.t.Helper()
	s.do("send-keys " + strings.Join(keys, " "))
}

// text is what the screen shows.
func (s *screen) text() string {
	s.t.Helper()
	lines := s.do("capture-pane -p")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

// until waits until the screen shows this, and returns it.
func (s *screen) until(pattern string) string {
	s.t.Helper()
	return s.await(fmt.Sprintf("%q", pattern), regexp.MustCompile(pattern).MatchString)
}

// insist presses keys, again whenever the editor shows that it is not ready,
// until it shows this.
func (s *screen) insist(pattern, notYet string, keys ...string) {
	s.t.Helper()
	refused := regexp.MustCompile(notYet)
	for end := time.Now().Add(patience); time.Now().Before(end); {
		s.press(keys...)
		if !refused.MatchString(s.until(pattern + "|" + notYet)) {
			return
		}
		s.press("Escape")
		s.await("something else", func(text string) bool { return !refused.MatchString(text) })
	}
	s.t.Fatalf("the editor never showed %q, but:\n%s", pattern, s.text())
}

// await waits until the screen is as wanted, and returns it.
func (s *screen) await(what string, wanted func(text string) bool) string {
	s.t.Helper()
	late := time.After(patience)
	for {
		text := s.text()
		if wanted(text) {
			return text
		}
		select {
		case <-s.drawn:
		case <-late:
			s.t.Fatalf("the screen never showed %s, but:\n%s", what, text)
		case <-s.gone:
			s.t.Fatalf("the program ended before it showed %s; at last it was:\n%s", what, text)
		}
	}
}

// keeps waits until the screen is the one in the documentation. With -update,
// what is there once it shows the pattern becomes the documentation.
func (s *screen) keeps(name, pattern string) {
	s.t.Helper()
	path := filepath.Join(captures, name+".txt")
	if *update {
		s.until(pattern)
		write(s.t, path, s.timeless(s.text()))
		return
	}
	want := read(s.t, path)
	s.await(fmt.Sprintf("%s, which is\n%s", path, want), func(text string) bool { return s.timeless(text) == want })
}

var (
	chatName = regexp.MustCompile(`\d{4}-\d\d-\d\d-\d{6}-[a-z0-9]{6}\.codex`)
	spinner  = regexp.MustCompile(`[⣾⣽⣻⢿⡿⣟⣯⣷]`)
	threadID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
)

// timeless takes out of a screen what is another every time, without moving
// anything.
func (s *screen) timeless(text string) string {
	text = strings.ReplaceAll(text, filepath.Dir(s.desk.project), "/home/you/source")
	text = chatName.ReplaceAllString(text, "2026-01-02-030405-abcdef.codex")
	text = threadID.ReplaceAllString(text, "01a228a8-0000-7000-8000-000000000000")
	text = strings.ReplaceAll(text, " [[eglot] Edit successful!]", "") // of the chat, said over a prompt that came before
	return spinner.ReplaceAllString(text, "⣾")
}
