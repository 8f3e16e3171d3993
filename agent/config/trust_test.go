package config

import (
	"os"
	"path/filepath"
	"testing"
)

// lay makes files below a new folder.
func lay(t *testing.T, files map[string]string) (dir string) {
	dir = real(t.TempDir())
	for name, text := range files {
		put(t, filepath.Join(dir, name), []byte(text))
	}
	return dir
}

// TestWorktreeHasItsRepositorysTrust, but only one that the repository knows:
// its own word is not enough.
func TestWorktreeHasItsRepositorysTrust(t *testing.T) {
	dir := lay(t, map[string]string{
		"main/.git/HEAD":                       "ref: refs/heads/main\n",
		"main/.git/worktrees/good/HEAD":        "ref: refs/heads/good\n",
		"main/.git/modules/sub/HEAD":           "ref: refs/heads/main\n",
		"main/sub/.git":                        "gitdir: ../.git/modules/sub\n",
		"main/sub/a":                           "",
		"main/folder/a":                        "",
		"good/folder/a":                        "",
		"evil/.git":                            "gitdir: ../main/.git/worktrees/good\n",
		"empty/.git/config":                    "",
		"main/.git/worktrees/good/placeholder": "",
	})
	put(t, filepath.Join(dir, "good/.git"), []byte("gitdir: "+filepath.Join(dir, "main/.git/worktrees/good")+"\n"))
	put(t, filepath.Join(dir, "main/.git/worktrees/good/gitdir"), []byte(filepath.Join(dir, "good/.git")+"\n"))
	for of, want := range map[string]string{
		"main": "main", "main/folder": "main", "good": "main", "good/folder": "main",
		"evil": "evil", "main/sub": "main/sub", "empty": "",
	} {
		if want != "" {
			want = filepath.Join(dir, want)
		}
		if got, _ := mainRepository(filepath.Join(dir, of)); got != want {
			t.Errorf("%s belongs to %q, want %q", of, got, want)
		}
	}
}

// TestTrustOfALink: a folder is trusted by the name that it is opened by, or by
// where it really is.
func TestTrustOfALink(t *testing.T) {
	dir := lay(t, map[string]string{"real/.git/HEAD": ""})
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "real"), link); err != nil {
		t.Fatal(err)
	}
	p := findProject(link, defaultMarkers(), func(path string) Trust {
		if path == filepath.Join(dir, "real") {
			return ProjectTrusted
		}
		return ProjectUndecided
	})
	if p.trust != ProjectTrusted {
		t.Errorf("a link to a trusted folder: %+v", p)
	}
}
