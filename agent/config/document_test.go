package config

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const someFile = `# mine
model = "gpt" # the good one

[mcp_servers.a] # first
command = 'a' # why
args = [ # two
  "x", # one
  "y]",
]

# about b
[mcp_servers.b]
url = "http://b"
http_headers = { A = "1" }

[mcp_servers.b.env]
X = """
[not.a.table]
"""

# the end
[projects."/a b"]
trust_level = "trusted"
`

func TestDocument(t *testing.T) {
	for _, tt := range []struct {
		name     string
		do       func(*Document) error
		old, new string // what is replaced in someFile
	}{
		{"a value is replaced", func(d *Document) error { return d.Set("gpt-6", "model") }, `"gpt"`, `"gpt-6"`},
		{"a value over many lines", func(d *Document) error { return d.Set([]string{"z"}, "mcp_servers", "a", "args") },
			"[ # two\n  \"x\", # one\n  \"y]\",\n]", `["z"]`},
		{"a key at the top", func(d *Document) error { return d.Set(true, "review_changes") },
			"# the good one\n", "# the good one\nreview_changes = true\n"},
		{"a key in a table", func(d *Document) error { return d.Set(false, "mcp_servers", "b", "enabled") },
			"{ A = \"1\" }\n", "{ A = \"1\" }\nenabled = false\n"},
		{"a key in an inline table", func(d *Document) error { return d.Set("2", "mcp_servers", "b", "http_headers", "B") },
			`{ A = "1" }`, `{ A = "1", B = "2" }`},
		{"a table beside its relatives", func(d *Document) error {
			return d.Set("approve", "mcp_servers", "a", "tools", "say it", "approval_mode")
		}, "  \"y]\",\n]\n", "  \"y]\",\n]\n\n[mcp_servers.a.tools.\"say it\"]\napproval_mode = \"approve\"\n"},
		{"a table at the end", func(d *Document) error { return d.Set("trusted", "projects", "/c", "trust_level") },
			"[projects.\"/a b\"]\ntrust_level = \"trusted\"\n", "[projects.\"/a b\"]\ntrust_level = \"trusted\"\n\n[projects.\"/c\"]\ntrust_level = \"trusted\"\n"},
		{"a table goes, comments around it stay", func(d *Document) error { return removed2(d.Remove("mcp_servers", "b")) },
			"[mcp_servers.b]\nurl = \"http://b\"\nhttp_headers = { A = \"1\" }\n\n[mcp_servers.b.env]\nX = \"\"\"\n[not.a.table]\n\"\"\"\n", "\n"},
		{"a key in an inline table goes", func(d *Document) error { return removed2(d.Remove("mcp_servers", "b", "http_headers", "A")) },
			`{ A = "1" }`, `{}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := ParseDocument(someFile)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.do(d); err != nil {
				t.Fatal(err)
			}
			if want := strings.Replace(someFile, tt.old, tt.new, 1); d.String() != want {
				t.Errorf("got:\n%s\nwant:\n%s", d, want)
			}
		})
	}
}

func removed2(was bool, err error) error {
	if !was {
		return errByHand
	}
	return err
}

func TestDocumentKeepsLineEnds(t *testing.T) {
	d, err := ParseDocument("\ufeffa = 1\r\n[b]\r\nc = 2")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Set("x", "b", "d"); err != nil {
		t.Fatal(err)
	}
	if want := "\ufeffa = 1\r\n[b]\r\nc = 2\r\nd = \"x\"\r\n"; d.String() != want {
		t.Errorf("got %q, want %q", d, want)
	}
}

func TestDocumentRefuses(t *testing.T) {
	d, err := ParseDocument("[[mcp_servers]]\ncommand = 'x'\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Set("x", "mcp_servers", "a", "command"); err == nil {
		t.Errorf("made %s", d)
	}
	if _, err := ParseDocument("a = "); err == nil {
		t.Error("no TOML was taken")
	}
}

// Whatever is set is found again, and everything else is as it was.
func TestDocumentRandom(t *testing.T) {
	name := rapid.StringMatching(`[a-c]|"|\.| |é|[\n\t\\]x`)
	rapid.Check(t, func(t *rapid.T) {
		d, err := ParseDocument(rapid.SampledFrom([]string{"", someFile, "a.b = 1\n", "a = { b = { c = 1 } }", "[a]\nb.c = 2\n[a.d]\n"}).Draw(t, "file"))
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			path := rapid.SliceOfN(name, 1, 3).Draw(t, "path")
			want, _ := decoded(d.text)
			if rapid.Bool().Draw(t, "set") {
				value := rapid.String().Draw(t, "value")
				if d.Set(value, path...) != nil {
					continue
				}
				place(want, path, value)
			} else {
				if _, err := d.Remove(path...); err != nil {
					continue
				}
				drop(want, path)
			}
			if got, err := decoded(d.text); err != nil || !reflect.DeepEqual(pruned(got), pruned(want)) {
				t.Fatalf("%s\n%v, %v", d, got, err)
			}
		}
	})
}
