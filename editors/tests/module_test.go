package tests

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/model/modeltest"
)

// realModule is a module of more than a hundred files that this one depends
// on, so that it is in the module cache. It needs nothing itself.
const realModule = "github.com/sashabaranov/go-openai"

// countModels changes three files of it, makes one and takes one away.
const countModels = `*** Begin Patch
*** Update File: common.go
@@ type PromptTokensDetails struct {
 	AudioTokens  int ` + "`json:\"audio_tokens\"`" + `
 	CachedTokens int ` + "`json:\"cached_tokens\"`" + `
 }
+
+// Fresh is how many tokens of the prompt were not cached.
+func (u Usage) Fresh() int {
+	if u.PromptTokensDetails == nil {
+		return u.PromptTokens
+	}
+	return u.PromptTokens - u.PromptTokensDetails.CachedTokens
+}
*** Update File: engines.go
@@
-// EnginesList is a list of engines.
+// EnginesList is a list of engines, which models have replaced.
*** Update File: models.go
@@ type ModelsList struct {
 	httpHeader
 }
+
+// IDs are the names by which the models are asked.
+func (l ModelsList) IDs() []string {
+	var ids []string
+	for _, m := range l.Models {
+		ids = append(ids, m.ID)
+	}
+	return ids
+}
*** Add File: counted_test.go
+package openai_test
+
+import (
+	"strings"
+	"testing"
+
+	"github.com/sashabaranov/go-openai"
+)
+
+func TestCounted(t *testing.T) {
+	usage := openai.Usage{PromptTokens: 10, PromptTokensDetails: &openai.PromptTokensDetails{CachedTokens: 4}}
+	if got := usage.Fresh(); got != 6 {
+		t.Errorf("%d fresh tokens, want 6", got)
+	}
+	list := openai.ModelsList{Models: []openai.Model{{ID: "a"}, {ID: "b"}}}
+	if got := strings.Join(list.IDs(), " "); got != "a b" {
+		t.Errorf("models %q", got)
+	}
+}
*** Delete File: modern_models_test.go
*** End Patch
`

// typed is what the user has typed into common.go, and not saved.
const typed = "// Typed, and not saved.\n"

// TestRealModule has Neovim and VS Code play the same conversation about a
// real repository: the model reads, changes an open and unsaved file, an open
// and clean one and one that is not open, and runs the module's own tests.
func TestRealModule(t *testing.T) {
	module := moduleDir(t)
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) modeltest.Item { return modeltest.Call("read_file", map[string]any{"path": name}) }
	script := modeltest.Turns{
		modeltest.Says(read("common.go"), read("engines.go"), read("models.go"), read("modern_models_test.go")),
		modeltest.Says(modeltest.Custom("apply_patch", countModels)),
		modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": goTool + " vet . && " + goTool + " test -run . ./... 2>&1 | grep -v 'no test files'", "yield_time_ms": 30000})),
		modeltest.Says(modeltest.Text("Counted.")),
	}
	told := []string{"Typed, and not saved.", "EnginesList is a list of engines.", "type ModelsList struct", "GPT6", "D modern_models_test.go", "ok  \\tgithub.com/sashabaranov/go-openai\\t", "jsonschema"}
	for name, play := range map[string]func(t *testing.T, d desk){
		"neovim": func(t *testing.T, d desk) {
			run(t, d.project, append(d.env, "CODEX_PLUGIN="+absolute(t, plugin)),
				editor(t, "nvim"), "--clean", "-l", absolute(t, "testdata/run.lua"), absolute(t, "testdata/neovim/module.lua"))
		},
		"vscode": func(t *testing.T, d desk) {
			run(t, d.project, append(d.env, "EXTENSIONS_DIR="+installed(t), "CODEX_LSP="+filepath.Join(bin, "codex-lsp"), "FAILURES_DIR="+filepath.Join(os.TempDir(), "vscode-module")),
				editor(t, "vscode-node"), absolute(t, filepath.Join(extension, "test", "module.ts")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := modeltest.ServeScript(t, script)
			files := tree(t, module)
			d := newDesk(t, m, files)
			d.env = append(d.env, goEnv(t)...)
			play(t, d)
			checkTold(t, m, told)
			if diff := cmp.Diff(counted(files), tree(t, d.project)); diff != "" {
				t.Errorf("the project (-want +got):\n%s", diff)
			}
		})
	}
}

// counted is what is to become of the module.
func counted(files map[string]string) map[string]string {
	after := make(map[string]string, len(files))
	for name, text := range files {
		after[name] = text
	}
	added := func(from, to string) string {
		var b strings.Builder
		section := countModels[strings.Index(countModels, from):]
		section = section[:strings.Index(section, to)]
		for line := range strings.Lines(section) {
			if text, is := strings.CutPrefix(line, "+"); is {
				b.WriteString(text)
			}
		}
		return b.String()
	}
	after["common.go"] = typed + files["common.go"] + added("Update File: common", "*** Update File: engines")
	after["engines.go"] = strings.Replace(files["engines.go"], "list of engines.", "list of engines, which models have replaced.", 1)
	list := "type ModelsList struct {\n\tModels []Model `json:\"data\"`\n\n\thttpHeader\n}\n"
	after["models.go"] = strings.Replace(files["models.go"], list, list+added("Update File: models", "*** Add File"), 1)
	after["counted_test.go"] = added("Add File: counted", "*** Delete File")
	after["test.mp3"] = "hello" // which its own tests leave behind
	delete(after, "modern_models_test.go")
	return after
}

// moduleDir is where the module cache has the real module.
func moduleDir(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-json", realModule).Output()
	var m struct{ Dir string }
	if err == nil {
		err = json.Unmarshal(out, &m)
	}
	if err != nil || m.Dir == "" {
		t.Fatalf("go list -m %s: %v %s", realModule, err, out)
	}
	return m.Dir
}

// goEnv lets a desk use the caches of this machine: the home of a desk is
// empty, and there is no network.
func goEnv(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE").Output()
	values := make(map[string]string)
	if err == nil {
		err = json.Unmarshal(out, &values)
	}
	if err != nil {
		t.Fatal(err)
	}
	return []string{"GOCACHE=" + values["GOCACHE"], "GOMODCACHE=" + values["GOMODCACHE"], "GOPROXY=off", "GOFLAGS="}
}

// tree is the files of a folder, by name, except git's.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && e.Name() == ".git" {
			return fs.SkipDir
		}
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
