package policy

import "testing"

func TestSecret(t *testing.T) {
	for file, want := range map[string]bool{
		".env": true, "a/.env": true, ".env.local": true, ".env.production": true, ".ENV": true, ".envrc": true,
		".env.example": false, ".env.local.example": false, ".env.sample": false, "env": false, "x.env.go": false,
		"server.pem": true, "tls/server.key": true, "key.go": false, "monkey": false, "a.keystore": true,
		"/home/u/.ssh/id_ed25519": true, "/home/u/.ssh/id_ed25519.pub": false, "/home/u/.ssh/known_hosts": false, "/home/u/.ssh/config": true,
		"~/.aws/credentials": true, "/home/u/.codex/auth.json": true, "/home/u/.codex/config.toml": false, ".netrc": true,
		"prod.tfvars": true, "main.tf": false, "": false, ".": false,
	} {
		if got := Secret(file); got != want {
			t.Errorf("%q: %v, want %v", file, got, want)
		}
	}
}
