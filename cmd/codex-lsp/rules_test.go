package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// forbidden maps a package, or a tree of them, to what it must never import
// and why. Test files may import more.
var forbidden = []struct{ pkg, imports, why string }{
	{"patch", "os", "patch is pure: text in, changes out"},
	{"patch", "net", "patch is pure: text in, changes out"},
	{"patch", "codex-lsp/", "patch knows nothing of ours"},
	{"agent", "codex-lsp/lsp", "the agent knows no editor; it declares Host and Surface"},
	{"agent", "codex-lsp/cmd", "nothing points back"},
	{"agent", "go.lsp.dev/", "only lsp speaks LSP"},
	{"cmd", "go.lsp.dev/", "only lsp speaks LSP"},
	{"lsp", "codex-lsp/cmd", "nothing points back"},
	{"lsp", "codex-lsp/agent/model", "lsp asks the agent, not the model"},
	{"agent/config", "codex-lsp/", "settings depend on nothing"},
	{"agent/exec", "codex-lsp/", "running a command needs no agent"},
}

// only maps a module to the one package that may import it.
var only = map[string]string{
	"github.com/sashabaranov/go-openai": "agent/model",
	"github.com/BurntSushi/toml":        "agent/config",
	"github.com/sergi/go-diff":          "patch",
	"mvdan.cc/sh":                       "agent/exec",
	"github.com/creack/pty":             "agent/exec",
}

func TestImportsPointOneWay(t *testing.T) {
	eachFile(t, func(path string, file *ast.File, _ *token.FileSet) {
		pkg := filepath.ToSlash(filepath.Dir(path))
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			for _, rule := range forbidden {
				if within(pkg, rule.pkg) && (imported == rule.imports || strings.HasPrefix(imported+"/", strings.TrimSuffix(rule.imports, "/")+"/")) {
					t.Errorf("%s imports %s: %s", path, imported, rule.why)
				}
			}
			for module, home := range only {
				if strings.HasPrefix(imported, module) && !within(pkg, home) {
					t.Errorf("%s imports %s: only %s may", path, imported, home)
				}
			}
		}
	})
}

// within tells whether pkg is in the tree of packages below root. The scripted
// model and the fake editor are tests' tools and not bound by its rules.
func within(pkg, root string) bool {
	return (pkg == root || strings.HasPrefix(pkg, root+"/")) && !strings.HasSuffix(pkg, "test") && pkg != "agent/demo"
}

// TestFunctionsFitAScreen holds the code to the sizes in CONTRIBUTING.md.
func TestFunctionsFitAScreen(t *testing.T) {
	const maxFunc, maxFile = 70, 400
	eachFile(t, func(path string, file *ast.File, fset *token.FileSet) {
		if n := fset.File(file.Pos()).LineCount(); n > maxFile {
			t.Errorf("%s has %d lines; %d are the most", path, n, maxFile)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1; n > maxFunc {
				t.Errorf("%s: %s has %d lines; %d are the most", path, f.Name, n, maxFunc)
			}
		}
	})
}

// eachFile parses every Go file of the module that is not a test.
func eachFile(t *testing.T, visit func(path string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == ".git"):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		seen++
		visit(rel, file, fset)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Fatalf("only %d files seen", seen)
	}
}
