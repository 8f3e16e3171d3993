package policy

import (
	"path"
	"strings"
)

// A treasure is a path that must not be destroyed.
type treasure struct{ path, rule string }

// system are the folders without which a machine is of no use.
const system = "/bin /boot /dev /etc /home /lib /lib32 /lib64 /proc /root /sbin /sys /usr /var /Users /System /Library /Applications"

// guarded returns what must not be destroyed.
func (p Place) guarded() []treasure {
	list := []treasure{{"/", "lost-root"}}
	if p.Home != "" {
		list = append(list, treasure{path.Clean(p.Home), "lost-home"})
	}
	if p.Root != "" {
		list = append(list, treasure{path.Clean(p.Root), "lost-workspace"})
		list = append(list, repositories(path.Clean(p.Root))...)
	}
	for s := range strings.FieldsSeq(system) {
		list = append(list, treasure{s, "lost-root"})
	}
	return list
}

// repositories are the places of the repository that a folder is in, which may
// begin above it.
func repositories(dir string) (list []treasure) {
	for ; ; dir = path.Dir(dir) {
		for _, part := range []string{"", "objects", "refs", "HEAD"} {
			list = append(list, treasure{path.Join(dir, ".git", part), "lost-git"})
		}
		if dir == "/" || dir == "." {
			return list
		}
	}
}

// A guard is a visitor that looks for what destroys a treasure.
type guard struct {
	places []treasure
	worst  Class
}

func (g *guard) found(string, string) {}

func (g *guard) writes(r *reader, file string) {
	switch {
	case isDisk(file):
		g.lost("lost-disk", "> "+file)
	default:
		if rule := g.destroys(r, word{text: file}); rule == "lost-git" {
			g.lost(rule, "> "+file)
		}
	}
}

func (g *guard) lost(rule, command string) {
	if g.worst.Level < Catastrophic {
		g.worst = class(rule, strings.NewReplacer(unset, "$…", unknown, "$…").Replace(command))
	}
}

func (g *guard) command(r *reader, words []word, _ input) {
	for _, t := range targets(r, words) {
		if rule := g.destroys(r, t); rule != "" {
			g.lost(rule, join(words))
			return
		}
	}
	if n := name(words); diskCommand(n, words[1:]) {
		g.lost("lost-disk", join(words))
	}
}

// targets are the paths that a command destroys, with all that is in them.
func targets(r *reader, words []word) []word {
	args := words[1:]
	ops := operands(args)
	switch n := name(words); n {
	case "rm", "rmdir", "unlink", "shred", "wipe", "srm", "rimraf", "trash", "trash-put", "del-cli", "rd", "deltree":
		return ops
	case "":
		if dangerOf(r, words, input{}) != "" {
			return ops
		}
	case "mv":
		if len(ops) > 1 {
			return ops[:len(ops)-1]
		}
	case "find", "gfind":
		if contains(args, "-delete") {
			return found(args)
		}
	case "rsync":
		if len(ops) > 1 && dangerOf(r, words, input{}) == "delete-many" {
			return contents(ops[len(ops)-1].text)
		}
	case "chmod", "chown", "chgrp", "setfacl":
		if len(ops) > 1 && hasOption(args, "R", "recursive") {
			return outsideWorkspace(r, ops[1:])
		}
	case "git":
		c := parseGit(args)
		if c.sub == "clean" && hasOption(c.args, "f", "force") && !dryRun(c.args) {
			return outsideWorkspace(r, contents(c.dir))
		}
	}
	return nil
}

// contents is all that is in a folder.
func contents(dir string) []word { return []word{{text: path.Join(dir, "*"), glob: true}} }

// outsideWorkspace leaves out what is in the workspace: there, the command is
// only dangerous.
func outsideWorkspace(r *reader, words []word) (list []word) {
	for _, w := range words {
		at := r.absolute(w.text)
		if r.place.Root == "" || at != r.place.Root && !strings.HasPrefix(at, r.place.Root+"/") {
			list = append(list, w)
		}
	}
	return list
}

// destroys returns the rule by which nothing may destroy a path or what
// matches it, "" if it may be destroyed.
func (g *guard) destroys(r *reader, w word) string {
	text := w.text
	if strings.Contains(text, unset) {
		if p := path.Clean(strings.ReplaceAll(text, unset, "")); strings.HasPrefix(text, unset) && len(text) > 1 && (p == "/" || path.Dir(p) == "/" && broad(path.Base(p)) && w.glob) {
			return "empty-variable"
		}
	}
	at := r.absolute(text)
	if at == "" {
		if p := path.Clean(text); p == ".git" || p == "~" || p == "~/*" {
			return map[bool]string{true: "lost-git", false: "lost-home"}[p == ".git"]
		}
		return ""
	}
	all := w.glob && broad(path.Base(at))
	for _, t := range g.places {
		if matches(w, at, t.path) || all && matches(w, path.Dir(at), t.path) {
			return t.rule
		}
	}
	// What is above the home folder or the workspace takes them with it.
	for _, t := range g.places {
		for up := t.path; up != "/" && up != "."; {
			up = path.Dir(up)
			if t.rule != "lost-root" && (matches(w, at, up) || all && matches(w, path.Dir(at), up)) {
				return t.rule
			}
		}
	}
	return ""
}

// matches tells whether a path, or a pattern, means another path.
func matches(w word, pattern, p string) bool {
	if pattern == p {
		return true
	}
	if !w.glob {
		return false
	}
	ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), p)
	return ok && err == nil
}

// broad tells whether a pattern takes in almost all names.
func broad(pattern string) bool {
	return strings.ContainsAny(pattern, "*?") && strings.Trim(pattern, "*?.[]!^") == ""
}

// isDisk tells whether a file is a disk or a part of one.
func isDisk(file string) bool {
	dev, ok := strings.CutPrefix(path.Clean(file), "/dev/")
	if !ok {
		return false
	}
	for _, p := range []string{"sd", "hd", "vd", "xvd", "nvme", "mmcblk", "disk", "rdisk", "mapper/", "md", "dm-"} {
		if strings.HasPrefix(dev, p) {
			return true
		}
	}
	return false
}

// diskCommand tells whether a command writes over a disk.
func diskCommand(n string, args []word) bool {
	writer := strings.HasPrefix(n, "mkfs") || oneOf("mke2fs mkswap wipefs blkdiscard shred wipe tee cp", n)
	for _, a := range args {
		to, is := strings.CutPrefix(a.text, "of=")
		if writer && isDisk(a.text) && (n != "cp" || a.text == args[len(args)-1].text) || n == "dd" && is && isDisk(to) {
			return true
		}
	}
	return false
}
