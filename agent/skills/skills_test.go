package skills

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes files, by their names below the returned folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func nobody(Skill) bool { return false }

// TestFind: skills are found where Codex finds them; the nearest of two with one
// name counts; what is wrong with others is said.
func TestFind(t *testing.T) {
	dir := tree(t, map[string]string{
		"p/.agents/skills/release/SKILL.md":    "---\nname: release\ndescription: >\n  How this is\n  released.\n---\nFirst, tag.\n",
		"p/sub/.codex/skills/release/SKILL.md": "---\nname: release\ndescription: \"Of the part: tag it.\"\n---\n",
		"h/skills/.system/deep/er/SKILL.md":    "\uFEFF---\r\nname: deeper\r\ndescription: A file from Windows.\r\n---\r\n",
		"h/skills/nameless/SKILL.md":           "---\ndescription: It has its folder's name.\n---",
		"h/skills/.hidden/SKILL.md":            "---\nname: hidden\ndescription: no\n---\n",
		"h/skills/bare/SKILL.md":               "no front matter",
		"h/skills/broken/SKILL.md":             "---\nname: [\n---\n",
		"h/skills/undescribed/SKILL.md":        "---\nname: undescribed\n---\n",
		"h/skills/spaced/SKILL.md":             "---\nname: a b\ndescription: c\n---\n",
		"h/skills/off/SKILL.md":                "---\nname: off\ndescription: turned off\n---\n",
		"h/skills/notes.md":                    "nothing",
	})
	project := []string{filepath.Join(dir, "p"), filepath.Join(dir, "p", "sub")}
	list, errs := Find(Folders(project, filepath.Join(dir, "h"), ""), func(s Skill) bool { return s.Name == "off" })
	got := make(map[string]string)
	for _, s := range list {
		rel, _ := filepath.Rel(dir, s.Path)
		got[s.Name] = rel + ": " + s.Description
	}
	want := map[string]string{
		"release":  "p/sub/.codex/skills/release/SKILL.md: Of the part: tag it.",
		"deeper":   "h/skills/.system/deep/er/SKILL.md: A file from Windows.",
		"nameless": "h/skills/nameless/SKILL.md: It has its folder's name.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	said := ""
	for _, err := range errs {
		said += err.Error() + "\n"
	}
	for _, part := range []string{"bare/SKILL.md is no skill", "broken/SKILL.md: its front matter is no YAML", "undescribed/SKILL.md: there is no description", `"a b" is no name`} {
		if !strings.Contains(said, part) {
			t.Errorf("nothing is said of %q:\n%s", part, said)
		}
	}
	if len(errs) != 4 {
		t.Errorf("%d errors:\n%s", len(errs), said)
	}
}

func TestBounds(t *testing.T) {
	dir := tree(t, map[string]string{
		"large/SKILL.md":  "---\nname: large\ndescription: d\n---\n" + strings.Repeat("x", maxFile),
		"binary/SKILL.md": "---\nname: binary\ndescription: d\n---\n\x00",
		"wordy/SKILL.md":  "---\nname: wordy\ndescription: " + strings.Repeat("é", maxDescription) + "\n---\n",
	})
	list, errs := Find([]string{dir}, nobody)
	if len(list) != 1 || len(list[0].Description) > maxDescription+5 || len(errs) != 2 {
		t.Errorf("found %d, errors %v", len(list), errs)
	}
}

func TestMentioned(t *testing.T) {
	list := []Skill{{Name: "release"}, {Name: "my-plugin:fix"}, {Name: "HOME"}}
	for prompt, want := range map[string]string{
		"$release":                           "release",
		"use ($my-plugin:fix), $release!":    "my-plugin:fix release",
		"$release and $release":              "release",
		"cost$release, $$release \\$release": "",
		"$released $other":                   "",
	} {
		var got []string
		for _, s := range Mentioned(list, prompt) {
			got = append(got, s.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q names %q, want %q", prompt, got, want)
		}
	}
}

func TestBody(t *testing.T) {
	for text, want := range map[string]string{
		"---\na: b\n---\n\nbody\n": "body\n",
		"body\n":                   "body\n",
		"---\nno end":              "---\nno end",
	} {
		if got := Body(text); got != want {
			t.Errorf("the body of %q is %q", text, got)
		}
	}
}
