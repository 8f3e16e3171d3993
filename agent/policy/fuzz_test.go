package policy

import (
	"fmt"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// scriptWrappers start any script; %s is the script as it is, %q as one word.
var scriptWrappers = []string{
	"(\n%s\n)", "{\n%s\n}", "f() {\n%s\n}\nf", "true && {\n%s\n}", "{\n%s\n} | cat", "if true; then\n%s\nfi", "while false; do\n%s\ndone",
	"echo \"$(\n%s\n)\"", "cat <(\n%s\n)", "sh -c %q", "bash -lc %q", "eval %q", "bash <<< %q", "sudo -u root sh -c %q", "xargs sh -c %q",
	"timeout 5 bash -c %q", "env X=1 sh -c %q", "ssh host %q", "su -c %q", "trap %q EXIT", "watch %q", "nohup zsh -c %q &",
}

// commandWrappers start a simple command.
var commandWrappers = []string{
	"sudo", "sudo -n -u root", "sudo --unknown x", "doas", "env", "env X=1", "env -u A -i", "timeout 5", "timeout -k 1 5s", "nohup", "command", "exec",
	"nice", "nice -n 5", "ionice -c 3", "time", "\\time", "stdbuf -oL", "setsid", "xargs", "xargs -0 -n 1", "find . -exec", "strace -f", "busybox", "X=1", "!",
	"sudo timeout 5 env X=1 nice", "f() { \"$@\"; }; f", "sh -c '\"$@\"' _", "true;", "true &&", "true ||", "true |",
}

// FuzzClassify holds that no script makes the classifier panic, and that
// nothing around a dangerous one makes it less so.
func FuzzClassify(f *testing.F) {
	for _, l := range all(f) {
		f.Add(l.script)
	}
	for _, found := range []string{"fd ''#&XArgs rm", "+>/dev/0", "->/dev/0", "rm\r+ 0 $0", "rm \x00", "git checkout \f 0", "mkfs.\x01", "find '' -exec rm{}", "{ rm $0#&}", "rm $0\\\x00"} {
		f.Add(found)
	}
	f.Fuzz(func(t *testing.T, script string) {
		if len(script) > 4<<10 {
			return
		}
		c := Classify(script)
		Judge(script, here)
		Judge(script, linked("/ws/h"))
		JudgeTyped(script, here)
		if c.Level < Dangerous || strings.HasSuffix(strings.ReplaceAll(script, "\x00", ""), `\`) { // a line that goes on takes the wrapper's end with it
			return
		}
		for _, outer := range wrapped(script) {
			if got := Classify(outer); got.Level < c.Level {
				t.Errorf("%q is %s (%s), but %q only %s (%s)", script, c.Level, c.Rule, outer, got.Level, got.Rule)
			}
		}
	})
}

// TestWrapped is what the fuzzer holds, over the known commands.
func TestWrapped(t *testing.T) {
	for _, l := range lines(t, "testdata/dangerous.txt") {
		for _, outer := range wrapped(l.script) {
			if got := Classify(outer); got.Level < Dangerous {
				t.Errorf("%q within %q is only %s (%s)", l.script, outer, got.Level, got.Rule)
			}
		}
	}
}

// wrapped returns a script within each wrapper that it can be in.
func wrapped(script string) (outer []string) {
	quoted, err := syntax.Quote(script, syntax.LangBash)
	for _, w := range scriptWrappers {
		switch {
		case strings.Contains(w, "%s"):
			outer = append(outer, fmt.Sprintf(w, script))
		case err == nil && !strings.HasPrefix(script, "-"): // that would be an option
			outer = append(outer, strings.Replace(w, "%q", quoted, 1))
		}
	}
	if command, ok := simple(script); ok {
		for _, w := range commandWrappers {
			if strings.HasPrefix(w, "find") && strings.ContainsAny(command, ";{") {
				continue // its own marks
			}
			outer = append(outer, w+" "+command)
		}
	}
	return outer
}

// simple returns a script that is one simple command, without what only the
// shell understands in front.
func simple(script string) (string, bool) {
	file, err := syntax.NewParser().Parse(strings.NewReader(script), "")
	if err != nil || len(file.Stmts) != 1 {
		return "", false
	}
	s := file.Stmts[0]
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Assigns) > 0 || len(s.Redirs) > 0 || s.Background || s.Negated || len(call.Args) == 0 {
		return "", false
	}
	if _, program := wrapperOf()[call.Args[0].Lit()]; program || oneOf(builtins+" eval alias trap source . read", call.Args[0].Lit()) {
		return "", false // a builtin is nothing to another program
	}
	text := script[call.Pos().Offset():call.End().Offset()]
	if text != strings.TrimSpace(script) {
		return "", false // what the parser calls a comment may be none
	}
	program, _, _ := strings.Cut(text, " ")
	return text, !strings.ContainsAny(program, `=-+'"\!(`) // nor what a wrapper takes for its own
}

func TestTooDeep(t *testing.T) {
	nested := "ls"
	for range 100 {
		nested = "echo $(" + nested + ")"
	}
	if c := Classify(nested); c.Level > Unclear {
		t.Errorf("substitutions: %+v", c)
	}
	if c := Classify(strings.Repeat("sudo ", 100) + "ls"); c.Rule != "too-deep" {
		t.Errorf("wrappers: %+v", c)
	}
	if c := Classify("echo " + strings.Repeat("{a,b}", 40)); c.Level != Safe {
		t.Errorf("braces: %+v", c)
	}
	if c := Classify("a=xxxxxxxx; " + strings.Repeat("a=$a$a; ", 60) + "echo $a"); c.Level != Safe {
		t.Errorf("doubling: %+v", c)
	}
}

func BenchmarkJudge(b *testing.B) {
	for _, script := range []string{
		"ls -la src",
		"rg -n 'func main' --glob '*.go' | head -50",
		"cd sub && go test ./... 2>&1 | tail -20",
		"for f in *.go; do if grep -q main \"$f\"; then echo \"$f\"; fi; done",
		"sudo timeout 5 bash -c 'rm -rf \"$HOME\"/x && git reset --hard'",
	} {
		b.Run(strings.Fields(script)[0], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Judge(script, here)
			}
		})
	}
}
