package policy

import (
	"path"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

const interpreters = "python node deno bun perl ruby php lua osascript pwsh powershell"

// A danger is a dangerous use of programs. It applies if one of its conditions
// holds, or if it has none.
type danger struct {
	programs, rule string
	words          string // one of the first two operands is one of these; goes with the conditions
	short, long    string // options
	when           func(args []word) bool
}

var dangers = []danger{
	{programs: "rm", rule: "delete-recursive", short: "rR", long: "recursive"},
	{programs: "rm", rule: "delete-forced", short: "f", long: "force"},
	{programs: "rm unlink trash trash-put", rule: "delete-many", when: many},
	{programs: "rimraf del-cli rd deltree", rule: "delete-recursive"},
	{programs: "find gfind", rule: "delete-many", when: func(args []word) bool { return contains(args, "-delete") }},
	{programs: "rsync", rule: "delete-many", long: "delete del delete-before delete-during delete-delay delete-after delete-excluded remove-source-files"},
	{programs: "tar gtar bsdtar", rule: "delete-many", long: "remove-files"},
	{programs: "zip", rule: "delete-many", short: "m", long: "move"},
	{programs: "rclone", rule: "delete-many", words: "sync delete purge"},
	{programs: "shred wipe srm truncate scrub", rule: "overwrite"},
	{programs: interpreters, rule: "delete-code", when: deletingCode},

	{programs: "dd", rule: "device", when: func(args []word) bool {
		for _, a := range args {
			if to, ok := strings.CutPrefix(a.text, "of="); ok && isDevice(to) {
				return true
			}
		}
		return false
	}},
	{programs: "mkfs mke2fs mkswap wipefs fdisk sfdisk cfdisk gdisk sgdisk parted blkdiscard hdparm badblocks lvremove vgremove pvremove flashrom efibootmgr insmod rmmod modprobe", rule: "device"},
	{programs: "cryptsetup", rule: "device", words: "luksFormat luksErase erase reencrypt"},
	{programs: "nvme", rule: "device", words: "format sanitize"},
	{programs: "zpool zfs btrfs mdadm dmsetup diskutil", rule: "device", words: "destroy rollback delete eraseDisk eraseVolume partitionDisk labelclear remove subvolume"},

	{programs: "chmod chown chgrp setfacl chattr", rule: "permissions", short: "R", long: "recursive"},
	{programs: "crontab", rule: "schedule", when: func(args []word) bool { return !hasOption(args, "l", "") }},
	{programs: "at batch", rule: "schedule"},
	{programs: "codex-lsp", rule: "own-approval", words: "approve"},
	{programs: "systemctl launchctl", rule: "schedule", words: "enable edit link bootstrap load submit"},
	{programs: "systemctl", rule: "machine", words: "poweroff reboot halt kexec rescue emergency"},
	{programs: "useradd userdel usermod groupadd groupdel groupmod passwd chpasswd visudo vipw vigr adduser deluser gpasswd chsh ssh-copy-id", rule: "accounts"},
	{programs: "shutdown reboot halt poweroff telinit", rule: "machine"},
	{programs: "kill", rule: "machine", when: func(args []word) bool { return len(args) > 1 && args[len(args)-1].text == "-1" }},
	{programs: "killall5", rule: "machine"},

	{programs: "docker podman", rule: "delete-data", words: "prune"},
	{programs: "docker podman", rule: "delete-data", words: "rm rmi remove", when: func(args []word) bool { return contains(args, "volume") || hasOption(args, "fv", "force volumes") }},
	{programs: "docker podman docker-compose", rule: "delete-data", words: "down", short: "v", long: "volumes"},
	{programs: "docker podman docker-compose", rule: "delete-data", words: "compose", when: func(args []word) bool { return contains(args, "down") && hasOption(args, "v", "volumes") }},
	{programs: "kubectl oc", rule: "delete-data", words: "delete drain"},
	{programs: "helm", rule: "delete-data", words: "uninstall delete"},
	{programs: "terraform tofu", rule: "delete-data", words: "destroy"},
	{programs: "terraform tofu pulumi", rule: "delete-data", words: "apply up destroy", long: "auto-approve yes", short: "y"},
	{programs: "aws gsutil gcloud az s3cmd", rule: "delete-data", when: func(args []word) bool {
		for _, a := range operands(args) {
			if oneOf("rm rb delete del purge", a.text) || strings.HasPrefix(a.text, "delete-") || strings.HasPrefix(a.text, "terminate-") {
				return true
			}
		}
		return false
	}},
	{programs: "dropdb dropuser", rule: "delete-data"},
	{programs: "psql mysql mariadb sqlite3 mongosh mongo clickhouse-client", rule: "delete-data", when: destroyingQuery},
	{programs: "redis-cli valkey-cli", rule: "delete-data", when: func(args []word) bool {
		for _, a := range args {
			if oneOf("flushall flushdb", strings.ToLower(a.text)) {
				return true
			}
		}
		return false
	}},
	{programs: "gh", rule: "delete-data", when: func(args []word) bool { return len(args) > 1 && args[1].text == "delete" }},
	{programs: "npm pnpm yarn cargo poetry uv hatch flit", rule: "publish", words: "publish"},
	{programs: "npm", rule: "publish", words: "unpublish deprecate"},
	{programs: "twine", rule: "publish", words: "upload"},
	{programs: "gem", rule: "publish", words: "push yank"},
	{programs: "gh", rule: "publish", words: "gist release", when: func(args []word) bool { return contains(args, "create") }},
}

// dangersOf are the dangers by program.
var dangersOf = sync.OnceValue(func() map[string][]danger {
	m := make(map[string][]danger)
	for _, d := range dangers {
		for p := range strings.FieldsSeq(d.programs) {
			m[p] = append(m[p], d)
		}
	}
	return m
})

func (d danger) applies(args []word) bool {
	if d.words != "" {
		ops := operands(args)
		named := false
		for _, o := range ops[:min(2, len(ops))] {
			named = named || oneOf(d.words, o.text)
		}
		if !named {
			return false
		}
	}
	if d.short == "" && d.long == "" && d.when == nil {
		return true
	}
	return hasOption(args, d.short, d.long) || d.when != nil && d.when(args)
}

// dangerOf returns the rule that makes a command dangerous, "" if none.
func dangerOf(r *reader, words []word, in input) string {
	args, n := words[1:], name(words)
	switch {
	case n == "":
		for _, a := range args {
			if oneOf("-rf -fr -Rf -fR", a.text) {
				return "delete-forced"
			}
		}
		return ""
	case n == "git":
		return gitDanger(args)
	case strings.HasPrefix(n, "mkfs."):
		return "device"
	}
	for _, d := range dangersOf()[n] {
		if d.applies(args) {
			return d.rule
		}
	}
	if text, ok := r.read(in); ok && oneOf(interpreters, n) && deletingCode([]word{{text: text}}) {
		return "delete-code"
	}
	if rule := writeDanger(r, n, args); rule != "" {
		return rule
	}
	return r.unseen(n, args, in)
}

// many tells whether the arguments are more than the names that are written.
func many(args []word) bool {
	for _, a := range args {
		if !a.exact() {
			return true
		}
	}
	return false
}

func contains(args []word, text string) bool {
	for _, a := range args {
		if a.text == text {
			return true
		}
	}
	return false
}

// deleting are the calls by which programming languages delete files.
var deleting = []string{
	"rmtree", "os.remove", "os.unlink", "os.rmdir", "unlink(", ".unlink", "rmSync", "rmdirSync", "unlinkSync", "fs.rm", "fs.promises.rm", "rimraf",
	"rm_rf", "rm_r ", "rm_r(", "remove_entry", "File.delete", "remove_tree", "unlink ", "rm -rf", "rm -fr", "rm -r", "Remove-Item", "Deno.remove", "git reset --hard",
}

func deletingCode(args []word) bool {
	for _, a := range args {
		for _, d := range deleting {
			if strings.Contains(a.text, d) {
				return true
			}
		}
	}
	return false
}

func destroyingQuery(args []word) bool {
	for _, a := range args {
		q := strings.ToLower(a.text)
		for _, d := range []string{"drop table", "drop database", "drop schema", "truncate ", "delete from", "dropdatabase(", ".drop("} {
			if strings.Contains(q, d) {
				return true
			}
		}
	}
	return false
}

const (
	fetchers = "curl wget fetch http https xh aria2c lynx w3m nc ncat netcat socat ftp scp ssh telnet dig nslookup"
	decoders = "base64 base32 xxd openssl gunzip zcat gzip bunzip2 bzcat xzcat unxz zstdcat uudecode basenc rev gpg"
)

// unseen finds code that comes from elsewhere or is encoded, run at once.
func (r *reader) unseen(n string, args []word, in input) string {
	shell, interpreter := oneOf(shells+" eval source .", n), oneOf(interpreters, n)
	if !shell && !interpreter {
		return ""
	}
	for _, a := range args {
		if a.node != nil && !a.exact() && brings(a.node) {
			return "unseen-code"
		}
	}
	if in.from == nil {
		return ""
	}
	ops := operands(args)
	code := shell && hasOption(args, "c", "") || interpreter && hasOption(args, "cem", "eval print")
	reads := len(ops) == 0 && !code || hasOption(args, "s", "") || contains(args, "-") || contains(args, "/dev/stdin")
	if _, known := r.read(in); !reads || known {
		return ""
	}
	if _, file := in.from.(*syntax.Word); shell && !file || (shell || interpreter) && brings(in.from) {
		return "unseen-code"
	}
	return ""
}

// brings tells whether something in a part of the script fetches or decodes.
func brings(n syntax.Node) bool {
	found := false
	syntax.Walk(n, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			for _, a := range call.Args {
				p := path.Base(a.Lit())
				found = found || oneOf(fetchers, p) || oneOf(decoders, p)
			}
		}
		return !found
	})
	return found
}
