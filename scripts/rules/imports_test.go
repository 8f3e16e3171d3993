package rules

import (
	"strconv"
	"strings"
	"testing"
)

// never says what the packages below a folder must not import, tests apart,
// and why. An arrow of the architecture that is not here may be drawn.
var never = []struct {
	from    string   // folder; its subfolders too
	except  []string // folders within it to which the rule does not apply
	imports []string // import paths; a trailing /... takes in what is below
	why     string
}{
	{
		from:    "patch",
		imports: []string{"os/...", "net/...", "codex-lsp/..."},
		why:     "a patch is text in, changes out: it is tested and fuzzed without a disk",
	},
	{
		from:    "agent",
		imports: []string{"codex-lsp/lsp/...", "codex-lsp/cmd/...", "codex-lsp/editors/..."},
		why:     "the agent knows no editor and no wire: what it needs of them it declares as interfaces",
	},
	{
		from:    "agent/",
		imports: []string{"codex-lsp/agent"},
		why:     "the turn loop stands on these packages; one that knew it would close a circle of ideas",
	},
	{
		from:    "agent/config",
		imports: []string{"codex-lsp/..."},
		why:     "settings are values that everything may read, so they depend on nothing",
	},
	{
		from:    "agent/exec",
		imports: []string{"codex-lsp/..."},
		why:     "it runs commands and decides nothing",
	},
	{
		from:    "lsp",
		imports: []string{"codex-lsp/cmd/...", "codex-lsp/editors/...", "codex-lsp/agent/model/..."},
		why:     "the model is reached through the agent alone",
	},
	{
		from:    "",
		imports: []string{"codex-lsp/cmd/...", "codex-lsp/editors/...", "codex-lsp/scripts/..."},
		why:     "nothing depends on what stands at the top",
	},
	{
		from:    "",
		except:  []string{"agent/model"},
		imports: []string{"github.com/sashabaranov/go-openai/..."},
		why:     "one package knows the provider's client, so another can take its place",
	},
	{
		from:    "",
		except:  []string{"agent/config"},
		imports: []string{"github.com/BurntSushi/toml/..."},
		why:     "one package reads config.toml, so its precedence and errors are one",
	},
	{
		from:    "",
		except:  []string{"agent/auth", "agent/mcp"},
		imports: []string{"golang.org/x/oauth2/...", "github.com/zalando/go-keyring/..."},
		why:     "credentials are held by two packages, the model's and those of MCP servers, and by nobody else",
	},
	{
		from:    "",
		except:  []string{"agent/exec"},
		imports: []string{"github.com/creack/pty/..."},
		why:     "one package starts processes",
	},
	{
		from:    "",
		except:  []string{"agent/exec", "agent/policy"},
		imports: []string{"mvdan.cc/sh/..."},
		why:     "one package judges scripts; the one that runs them tells only whether one is a patch",
	},
	{
		from:    "agent/policy",
		imports: []string{"os/...", "net/...", "io/...", "codex-lsp/..."},
		why:     "a judgement depends on the script and the settings alone: it is tested and fuzzed without a disk",
	},
	{
		from:    "",
		except:  []string{"patch"},
		imports: []string{"github.com/sergi/go-diff/..."},
		why:     "one package computes differences, so what is shown is what is applied",
	},
	{
		from:    "",
		except:  []string{"lsp"},
		imports: []string{"go.lsp.dev/..."},
		why:     "one package speaks the protocol; its traps are dealt with in one place",
	},
	{
		from:    "",
		except:  []string{"agent/mcp", "cmd/codex-lsp"},
		imports: []string{"github.com/modelcontextprotocol/go-sdk/..."},
		why:     "one package is the client of MCP servers, and one command is a server",
	},
	{
		from:    "",
		except:  []string{"lsp/lsptest"},
		imports: []string{"testing/...", "codex-lsp/lsp/lsptest/..."},
		why:     "tests stay out of the binary",
	},
}

func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		for _, spec := range s.syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := forbidden(s.dir(), imported); why != "" {
				t.Errorf("%s must not import %s: %s", s.path, imported, why)
			}
		}
	}
}

// TestForbidden holds the rules themselves to what they are for.
func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		dir, imported string
		want          bool
	}{
		{"cmd/codex-lsp", "codex-lsp/lsp", false},
		{"lsp", "codex-lsp/agent", false},
		{"agent", "codex-lsp/agent/model", false},
		{"agent", "codex-lsp/patch", false},
		{"agent/model", "codex-lsp/agent/config", false},
		{"agent/model", "github.com/sashabaranov/go-openai", false},
		{"agent/model/modeltest", "net/http", false},
		{"agent/exec", "mvdan.cc/sh/v3/syntax", false},
		{"agent/policy", "mvdan.cc/sh/v3/syntax", false},
		{"lsp/lsptest", "go.lsp.dev/protocol", false},
		{"patch", "io/fs", false},

		{"patch", "os", true},
		{"patch", "net/http", true},
		{"patch", "codex-lsp/agent", true},
		{"agent", "codex-lsp/lsp", true},
		{"agent/disk", "codex-lsp/agent", true},
		{"agent/demo", "codex-lsp/lsp", true},
		{"agent/demo", "go.lsp.dev/protocol", true},
		{"agent/config", "codex-lsp/patch", true},
		{"lsp", "codex-lsp/cmd/codex-lsp", true},
		{"lsp", "codex-lsp/agent/model", true},
		{"lsp", "mvdan.cc/sh/v3/syntax", true},
		{"agent/policy", "os", true},
		{"agent/policy", "codex-lsp/agent/config", true},
		{"lsp", "github.com/sergi/go-diff/diffmatchpatch", true},
		{"lsp", "codex-lsp/lsp/lsptest", true},
		{"agent", "github.com/sashabaranov/go-openai", true},
		{"cmd/codex-lsp", "github.com/BurntSushi/toml", true},
		{"agent/model/modeltest", "testing", true},
	} {
		if why := forbidden(c.dir, c.imported); (why != "") != c.want {
			t.Errorf("%s importing %s: forbidden is %t, want %t", c.dir, c.imported, why != "", c.want)
		}
	}
}

// forbidden returns why a package must not import another, "" if it may.
func forbidden(dir, imported string) string {
	for _, rule := range never {
		if !within(dir, rule.from) || exempt(dir, rule.except) {
			continue
		}
		for _, pattern := range rule.imports {
			if matches(imported, pattern, rule.from) {
				return rule.why
			}
		}
	}
	return ""
}

// within tells whether dir is folder or below it; "agent/" is only what is
// below agent, "" is everything.
func within(dir, folder string) bool {
	if folder == "" || dir == folder {
		return true
	}
	return strings.HasPrefix(dir, strings.TrimSuffix(folder, "/")+"/")
}

func exempt(dir string, folders []string) bool {
	for _, f := range folders {
		if within(dir, f) {
			return true
		}
	}
	return false
}

// matches compares an import with a pattern. A package's own subfolders are
// always its to use.
func matches(imported, pattern, from string) bool {
	stem, tree := strings.CutSuffix(pattern, "/...")
	if !tree {
		return imported == pattern
	}
	own := from != "" && within(imported, module+"/"+from)
	return within(imported, stem) && !own
}
