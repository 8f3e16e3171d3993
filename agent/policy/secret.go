package policy

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
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

// showers print what files hold, or parts of it; searchers, what they find in
// all but their first operand.
const (
	showers   = "cat tac head tail less more bat batcat nl od xxd hexdump strings base64 base32 cut sort uniq diff cmp comm paste fold rev column view openssl gpg"
	searchers = "grep egrep fgrep zgrep rg ag ack sed gsed awk gawk jq yq perl"
)

// showsSecret tells whether a command prints a file that is secret by its name.
func showsSecret(r *reader, words []word, in input) bool {
	n := name(words)
	searches := oneOf(searchers, n)
	if !searches && !oneOf(showers, n) {
		return false
	}
	if from, ok := in.from.(*syntax.Word); ok && Secret(r.text(from)) {
		return true
	}
	files := operands(words[1:])
	if searches && len(files) > 0 {
		files = files[1:]
	}
	for _, f := range files {
		if dot, _ := path.Match(path.Base(f.text), ".env"); Secret(f.text) || f.glob && dot && strings.HasPrefix(path.Base(f.text), ".") {
			return true
		}
	}
	return false
}
