package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestSandboxIsTheAgents: codex-lsp sandbox holds a command to what the settings
// say, and to what the agent's commands are held to.
func TestSandboxIsTheAgents(t *testing.T) {
	t.Parallel()
	needsSandbox(t)
	home, codex, more := t.TempDir(), t.TempDir(), t.TempDir()
	settings := "[sandbox_workspace_write]\nwritable_roots = ['" + more + "']\nexclude_slash_tmp = true\nexclude_tmpdir_env_var = true\n"
	for path, text := range map[string]string{filepath.Join(codex, "config.toml"): settings, filepath.Join(home, ".codexignore"): "x\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for script, works := range map[string]bool{
		"echo x >" + more + "/x": true, "echo x >" + home + "/x": true, "echo x >.codexignore": false, "echo x >.bashrc": false,
		"echo x >" + filepath.Dir(more) + "/beside": false,
	} {
		cmd := exec.Command(binary, "sandbox", "--mode", "workspace-write", "-C", home, "--", "sh", "-c", script)
		cmd.Env = append(os.Environ(), "HOME="+home, "CODEX_HOME="+codex)
		if out, err := cmd.CombinedOutput(); (err == nil) != works {
			t.Errorf("%s: %v, want it to work: %v\n%s", script, err, works, out)
		}
	}
}

// TestSandboxPassesSignalsOn, and leaves nothing when it is ended by one.
func TestSandboxPassesSignalsOn(t *testing.T) {
	t.Parallel()
	needsSandbox(t)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		dir := t.TempDir()
		cmd := exec.Command(binary, "sandbox", "--mode", "workspace-write", "-C", dir, "--", "sh", "-c", "echo up; exec sleep 1000")
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "CODEX_HOME="+t.TempDir())
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
			t.Errorf("%q, %v", line, err)
		}
		cmd.Process.Signal(sig)
		if cmd.Wait(); cmd.ProcessState.ExitCode() != 128+int(sig) {
			t.Errorf("%v: it ends with %v", sig, cmd.ProcessState)
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
			t.Errorf("%v: %v are left, %v", sig, names, err)
		}
	}
}
