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
	for _, home := range p.ways(p.Home) {
		list = append(list, treasure{home, "lost-home"})
	}
	for _, root := range p.ways(p.Root) {
		list = append(list, treasure{root, "lost-workspace"})
		list = append(list, repositories(root)...)
	}
	for s := range strings.FieldsSeq(system) {
		list = append(list, treasure{s, "lost-root"})
	}
	return list
}

// ways are a path as it is written and where it leads, if that is elsewhere.
func (p Place) ways(to string) []string {
	if to == "" {
		return nil
	}
	list := []string{path.Clean(to)}
	if p.Real == nil {
		return list
	}
	if real := p.Real(list[0]); real != list[0] {
		list = append(list, real)
	}
	return list
}

// reach are the paths that a word may mean: as it is written, which is where cd
// goes, and as a program finds it.
func (p Place) reach(r *reader, text string) (list []string) {
	at := r.absolute(text)
	switch {
	case at == "":
		return nil
	case p.Real == nil:
		return []string{at}
	}
	list = []string{at, p.physical(r.cwd, text)}
	if strings.HasSuffix(text, "/") || strings.HasSuffix(text, "/.") {
		list = append(list, p.Real(list[1]))
	}
	return list
}

// physical is where a program in the folder cwd finds a path. Links among the
// folders on the way are followed; what the path ends in may be a link, and
// what deletes that leaves alone what it leads to.
func (p Place) physical(cwd, text string) string {
	at := cwd
	if path.IsAbs(text) {
		at = "/"
	}
	for part := range strings.SplitSeq(text, "/") {
		if part == ".." {
			at = path.Dir(p.Real(at))
		} else {
			at = path.Join(at, part)
		}
	}
	dir, base := path.Split(at)
	return path.Join(p.Real(path.Clean(dir)), base)
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
	place  Place
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
	reach := g.place.reach(r, text)
	if len(reach) == 0 {
		if p := path.Clean(text); p == ".git" || p == "~" || p == "~/*" {
			return map[bool]string{true: "lost-git", false: "lost-home"}[p == ".git"]
		}
	}
	for _, at := range reach {
		if rule := g.lostWith(w, at); rule != "" {
			return rule
		}
	}
	return ""
}

// lostWith returns the rule for what is lost with a path.
func (g *guard) lostWith(w word, at string) string {
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
