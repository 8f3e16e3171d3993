package policy

import (
	"path"
	"slices"
	"strings"
)

// secretNames and secretEnds are of files that hold keys or passwords by
// custom, secretParts of folders that do.
const (
	secretNames = ".env .envrc .netrc _netrc .pgpass .pypirc .git-credentials .htpasswd .dockercfg .vault-token credentials.json secrets.json secrets.yml secrets.yaml " +
		"secrets.toml id_rsa id_dsa id_ecdsa id_ed25519 id_ecdsa_sk id_ed25519_sk master.key"
	secretEnds  = ".pem .key .p12 .pfx .jks .keystore .kdbx .ppk .tfvars"
	secretParts = "/.ssh/ /.gnupg/ /.aws/credentials /.kube/config /.docker/config.json /.codex/auth.json /.config/gh/hosts.yml /.config/gcloud/ /.azure/"
)

// Secret tells whether a file holds keys or passwords, as far as its name says.
func Secret(file string) bool {
	file = strings.ToLower(path.Clean(strings.ReplaceAll(file, `\`, "/")))
	name := path.Base(file)
	if rest, ok := strings.CutPrefix(name, ".env."); ok {
		return !oneOf("example sample template dist defaults schema", path.Ext("." + rest)[1:])
	}
	if oneOf(secretNames, name) {
		return true
	}
	for end := range strings.FieldsSeq(secretEnds) {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	for part := range strings.FieldsSeq(secretParts) {
		if strings.Contains("/"+file, part) && !strings.HasSuffix(name, ".pub") && name != "known_hosts" {
			return true
		}
	}
	return false
}

// secretFolder tells whether a folder holds keys or passwords.
func secretFolder(folder string) bool {
	at := strings.ToLower("/" + path.Clean(folder) + "/")
	for part := range strings.FieldsSeq(secretParts) {
		if strings.HasSuffix(part, "/") && strings.Contains(at, part) {
			return true
		}
	}
	return false
}

const (
	// listers show no more of files than their names and sizes, if that.
	listers = "ls dir vdir stat find fd df test [ cd pushd popd dirs basename dirname realpath readlink which whoami type command echo printf true false : unset sleep seq"
	// showers may write, and print what files hold, or parts of it.
	showers = "less more bat batcat base32 basenc view openssl gpg split csplit tee dd uniq xxd sort awk gawk mawk sed gsed perl ag ack yq rev sdiff zgrep nm tree curl wget rg diff base64 file zcat bzcat xzcat date"
	// searchers print what they find in all but their first operand.
	searchers = "grep egrep fgrep zgrep rg ag ack sed gsed awk gawk mawk jq yq perl"
	// copiers print what they copy if that goes to the output.
	copiers = "cp mv install rsync ln"
	outputs = "/dev/stdout /dev/stderr /dev/tty /dev/fd/1 /dev/fd/2 /proc/self/fd/1 /proc/self/fd/2 -"
)

// showsSecret tells whether a command may print a file that is secret by its
// name: one that only reads, or that is known to print. What is read by < is
// found with the redirection.
func showsSecret(r *reader, words []word, rule string) bool {
	n, args := name(words), words[1:]
	_, function := r.functions[words[0].text]
	switch {
	case function:
	case oneOf(copiers, n):
		if !slices.ContainsFunc(args, func(a word) bool { return oneOf(outputs, a.text) }) {
			return false
		}
	case oneOf(listers, n) || rule == "wrapper" || ruleOf()[rule].Level != Safe && !oneOf(showers, n):
		return false
	}
	if ops := operands(args); oneOf(searchers, n) && !hasOption(args, "ef", "regexp file expression from-file") && len(ops) > 0 {
		for i, a := range args {
			if a.text == ops[0].text { // what is looked for
				args = append(slices.Clone(args[:i]), args[i+1:]...)
				break
			}
		}
		if len(ops) == 1 && secretFolder(r.at.now) && (oneOf("rg ag ack", n) || hasOption(args, "rR", "recursive dereference-recursive")) {
			return true
		}
	}
	return slices.ContainsFunc(pieces(args), r.secret)
}

// secret tells whether a word names a secret file, or a folder of such.
func (r *reader) secret(w word) bool {
	if w.text == "" || strings.HasPrefix(w.text, "!") {
		return false
	}
	at := w.text
	if !isOption(w) {
		at = r.locate(at)
	}
	if w.glob {
		at = resolve(at)
	}
	return Secret(at) || secretFolder(at) && !strings.HasSuffix(at, ".pub") && path.Base(at) != "known_hosts"
}

// resolve replaces the parts of a pattern that may mean a secret.
func resolve(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if at := strings.IndexAny(part, "*?["); at < 0 || at < 2 && !strings.HasPrefix(part, ".") {
			continue
		}
		for name := range strings.FieldsSeq(".env .ssh .gnupg .aws .kube .docker .codex .config .azure " + secretNames) {
			if ok, _ := path.Match(strings.ReplaceAll(part, "[!", "[^"), name); ok {
				parts[i] = name
				break
			}
		}
	}
	return strings.Join(parts, "/")
}
