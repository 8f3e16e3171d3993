package sandbox

import (
	"fmt"
	"regexp"
	"strings"
)

// seatbelt is a Policy in the language of macOS's sandbox-exec. What is not
// allowed is denied; of two rules that match the later one counts. A protected
// name is denied whether it is there or not, so none has to be made.
//
// The paths must be as they really are: on macOS /tmp is a link to
// /private/tmp, and a rule for /tmp would match nothing.
func (p Policy) seatbelt(roots []string) string {
	var b strings.Builder
	b.WriteString(seatbeltBase)
	for _, root := range roots {
		fmt.Fprintf(&b, "(allow file-write* (subpath %s))\n", quoted(root))
	}
	for _, root := range roots {
		for _, name := range protected {
			fmt.Fprintf(&b, "(deny file-write* (literal %s) (subpath %[1]s))\n", quoted(root+"/"+name))
		}
		// A repository anywhere below, and the folders on the way to it, which
		// could be moved from under it.
		fmt.Fprintf(&b, "(deny file-write* (regex #\"^%s/.*/\\.git(/.*)?$\"))\n", pattern(root))
	}
	for _, path := range p.Believes() {
		fmt.Fprintf(&b, "(deny file-write* (literal %s) (subpath %[1]s))\n", quoted(path))
	}
	switch {
	case p.Network:
		// Sockets of other programs stay closed: behind some is the whole machine.
		b.WriteString("(allow network-outbound (remote ip))\n(allow network-inbound (local ip))\n(allow network-bind (local ip))\n(allow system-socket)\n")
		b.WriteString("(allow mach-lookup (global-name \"com.apple.SecurityServer\") (global-name \"com.apple.networkd\") (global-name \"com.apple.ocspd\") (global-name \"com.apple.trustd.agent\"))\n")
	case p.Loopback:
		b.WriteString("(allow network-outbound (remote ip \"localhost:*\"))\n(allow network-inbound (local ip \"localhost:*\"))\n(allow network-bind (local ip \"localhost:*\"))\n(allow system-socket)\n")
	}
	return b.String()
}

// seatbeltBase is what every command may do: read, start programs, signal what
// runs in the same sandbox, and use what the system's libraries need to start.
const seatbeltBase = `(version 1)
(deny default)
(allow process-exec process-fork)
(allow signal (target same-sandbox))
(allow process-info* (target same-sandbox))
(allow file-read*)
(allow file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (literal "/dev/dtracehelper"))
(allow file-ioctl (literal "/dev/tty") (literal "/dev/ptmx") (regex #"^/dev/ttys[0-9]+$"))
(allow file-read* file-write* (literal "/dev/ptmx") (regex #"^/dev/ttys[0-9]+$"))
(allow pseudo-tty)
(allow sysctl-read)
(allow user-preference-read)
(allow ipc-posix-sem)
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo") (global-name "com.apple.cfprefsd.agent") (global-name "com.apple.cfprefsd.daemon") (global-name "com.apple.PowerManagement.control"))
`

// quoted is a string of the profile's language.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// pattern matches a path and nothing else. The quotes of a pattern cannot be
// escaped; a dot stands for them.
func pattern(path string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(path), `"`, ".")
}
