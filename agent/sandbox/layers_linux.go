//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// namespaceLayers are the walls that only a full sandbox has.
func namespaceLayers(f found, err error) []Layer {
	err = plain(err)
	remedy := ""
	if err != nil {
		remedy = namespaceRemedy()
	}
	layer := func(name string) Layer { return Layer{Name: name, Full: true, Remedy: remedy} }
	files := denial(layer("mount namespace: read-only but for the writable folders"), err, "writing outside", f.Outside, unix.EROFS)
	if err == nil && f.Workspace != "" {
		files.Held, files.Why = false, "writing inside: "+f.Workspace
	}
	return []Layer{
		files,
		denial(layer("mount namespace: .git, .codex and .agents"), err, "writing to .git", f.Protected, unix.EROFS),
		must(layer("process namespace"), err, f.Parent == 1, fmt.Sprintf("its parent is process %d", f.Parent)),
		must(layer("network namespace"), err, strings.TrimSpace(f.Interface) == "lo", "its interfaces are "+strings.TrimSpace(f.Interface)),
		taskLayer("limit of processes", f, err),
	}
}

// taskLayer bounds how many processes there are. A sandbox without it is one all
// the same.
func taskLayer(name string, f found, err error) Layer {
	const remedy = "root is bound by Linux 6.14 or later with namespaces, and by control groups where it may make them; or run as another user"
	return must(Layer{Name: name, Remedy: remedy}, err, f.Tasks <= maxTasks, fmt.Sprintf("it may have %d", f.Tasks))
}

// commonLayers are the walls that hold without namespaces too, as found where
// there are no others.
func commonLayers(f found, err error) []Layer {
	err = plain(err)
	const enable = "Landlock takes Linux 5.13, and to be in the list that the kernel is booted with: lsm=landlock,…; Docker's default profile allows it from 23.0 on"
	landlock := Layer{Name: "Landlock: files", Full: true, Weak: true, Remedy: enable}
	newer := Layer{Name: "Landlock: truncation and signals", Weak: true, Remedy: "Linux 6.12 has this; a full sandbox does without it"}
	scoped := denial(newer, err, "signalling its starter", f.Signal, unix.EPERM)
	if scoped.Held {
		scoped = denial(newer, err, "truncating a file outside", f.Truncate, unix.EACCES)
	}
	seccomp := Layer{Name: "seccomp", Full: true, Weak: true, Remedy: "the kernel must have CONFIG_SECCOMP_FILTER"}
	filter := denial(seccomp, err, "opening a socket", f.Socket, unix.EPERM)
	for _, try := range [][2]string{{"making a namespace", f.Namespace}, {"typing into its terminal", f.Terminal}} {
		if filter.Held {
			filter = denial(seccomp, err, try[0], try[1], unix.EPERM)
		}
	}
	return []Layer{
		denial(landlock, err, "writing outside", f.Outside, unix.EACCES),
		scoped,
		filter,
		must(Layer{Name: "no privileges, and no new ones", Full: true, Weak: true, Remedy: "report this: it should hold on any Linux"}, err,
			f.Privilege == "", "it has "+or(strings.TrimSpace(f.Privilege), "none")),
		taskLayer("limit of processes, without namespaces", f, err),
	}
}

func must(l Layer, err error, held bool, why string) Layer {
	if l.Held, l.Why = err == nil && held, why; err != nil {
		l.Why = err.Error()
	}
	if l.Held {
		l.Remedy = ""
	}
	return l
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// plain is an error without the advice to ask doctor, which asks here.
func plain(err error) error {
	if setup := (*SetupError)(nil); errors.As(err, &setup) {
		return fmt.Errorf("%s: %w", setup.Step, setup.Err)
	}
	return err
}

// namespaceRemedy says what keeps this user from making namespaces, as far as
// the system tells.
func namespaceRemedy() string {
	switch {
	case setting("/proc/sys/user/max_user_namespaces") == "0":
		return "as root: sysctl -w user.max_user_namespaces=10000"
	case setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" && os.Geteuid() != 0:
		return "as root: sysctl -w kernel.unprivileged_userns_clone=1 (Debian's switch)"
	case setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" && os.Geteuid() != 0:
		return "AppArmor keeps unknown programs from using namespaces: give this one a profile, see docs/sandbox.md; or, for all programs and as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
	case container() != "":
		return "this is a container (" + container() + "), which forbids it: start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined; or let the container be the sandbox, with sandbox.allow_weak"
	case !newer(5, 12):
		return "Linux 5.12 or later is needed"
	}
	return "look in the kernel's log (dmesg) for what denied it"
}

func setting(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// container names the kind of container that this is, if it is one.
func container() string {
	for path, kind := range map[string]string{"/.dockerenv": "Docker", "/run/.containerenv": "Podman"} {
		if _, err := os.Stat(path); err == nil {
			return kind
		}
	}
	if kind := os.Getenv("KUBERNETES_SERVICE_HOST"); kind != "" {
		return "Kubernetes"
	}
	return os.Getenv("container")
}
