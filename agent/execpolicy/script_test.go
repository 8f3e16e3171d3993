package execpolicy

import "testing"

func TestJudge(t *testing.T) {
	var s Set
	s.Add(Parse("x.rules", `
prefix_rule(["ls"])
prefix_rule(["go", ["test", "vet"]])
prefix_rule(["bash"])
prefix_rule(["make", "clean"])
prefix_rule(["git", "push"], decision = "prompt", justification = "others see it")
prefix_rule(["git", "push", "--force"], decision = "forbidden", justification = "history is kept")
prefix_rule(["terraform"], decision = "forbidden")
prefix_rule(["/opt/deploy"])
host_executable("ls", ["/usr/bin/ls"])
host_executable("terraform", [])
`))
	tests := []struct {
		script string
		want   Decision
		exact  bool
	}{
		{"ls", Allow, true},
		{"ls -l", Allow, false},
		{"lsof", 0, false},
		{"go test ./...", Allow, false},
		{"go run .", 0, false},
		{"go vet && ls", Allow, false},
		{"go vet && ls | wc", 0, false},
		{"ls > out", 0, false},
		{"ls $DIR", 0, false},
		{"A=1 ls", 0, false},
		{"(ls)", 0, false},
		{"bash -c 'anything'", Allow, false},
		{"sudo ls", 0, false},
		{"make clean", Allow, true},
		{"git push", Prompt, true},
		{"git push origin", Prompt, false},
		{"ls && git push", Prompt, false},
		{"git push --force origin", Forbid, false},
		{"git $WHAT", Prompt, false},
		{"git status $WHAT", 0, false},
		{"git push $WHAT", Prompt, false},
		{"git push --force $WHAT", Forbid, false},
		{"$WHAT", Prompt, false},
		{"(", Prompt, false},
		{"if ls; then terraform apply; fi", Forbid, false},
		{"echo $(terraform output)", Forbid, false},
		{"bash -c 'terraform apply'", Forbid, false},
		{"sudo env X=1 terraform apply", Forbid, false},
		{"ls | xargs terraform", Forbid, false},
		{"/usr/bin/ls", Allow, false},
		{"/tmp/ls", 0, false},
		{"./ls", 0, false},
		{"./terraform apply", Forbid, false},
		{"/opt/deploy now", Allow, false},
		{"deploy now", 0, false},
		{"", 0, false},
	}
	for _, tt := range tests {
		if got := s.Judge(tt.script); got.Decision != tt.want || got.Exact != tt.exact {
			t.Errorf("%s: %q, exact %v; want %q, %v", tt.script, got.Decision, got.Exact, tt.want, tt.exact)
		}
	}
	var none Set
	if got := none.Judge("$WHAT"); got.Decision != 0 {
		t.Errorf("without rules: %q", got.Decision)
	}
}
