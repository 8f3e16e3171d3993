package exec

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironmentPolicy(t *testing.T) {
	for _, entry := range []string{"OPENAI_API_KEY=secret", "AWS_REGION=eu", "GH_TOKEN=secret", "KEPT=yes", "kept_too=yes", "PROVIDER=secret"} {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	for _, tc := range []struct {
		name string
		vars Environment
		want []string // of the names below
	}{
		{"all", Environment{}, []string{"AWS_REGION", "GH_TOKEN", "HOME", "KEPT", "PATH", "kept_too"}},
		{"core", Environment{Inherit: "core"}, []string{"HOME", "PATH"}},
		{"none", Environment{Inherit: "none"}, nil},
		{"no secrets", Environment{HideSecrets: true}, []string{"AWS_REGION", "HOME", "KEPT", "PATH", "kept_too"}},
		{"exclude, whatever the case", Environment{Exclude: []string{"kept*", "a?s_[a-z]*", "[", "AWS_REGIO?"}}, []string{"GH_TOKEN", "HOME", "PATH"}},
		{"set is not excluded", Environment{Inherit: "none", Exclude: []string{"*"}, Set: map[string]string{"KEPT": "new", "OPENAI_API_KEY": "another"}}, []string{"KEPT", "OPENAI_API_KEY"}},
		{"the provider's key is never set", Environment{Inherit: "none", Set: map[string]string{"PROVIDER": "secret"}}, nil},
		{"include only, set or not", Environment{Set: map[string]string{"NEW": "1"}, IncludeOnly: []string{"K*"}}, []string{"KEPT", "kept_too"}},
	} {
		var got []string
		for _, entry := range inherited(Command{Vars: tc.vars, Unset: []string{"PROVIDER"}}) {
			name := nameOf(entry)
			if slices.Contains([]string{"OPENAI_API_KEY", "AWS_REGION", "GH_TOKEN", "HOME", "KEPT", "kept_too", "PATH", "PROVIDER", "NEW"}, name) {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", tc.name, d)
		}
	}
}

// What a profile exports goes by the same settings, and what the settings set
// is the last word.
func TestEnvironmentPolicyHoldsForProfiles(t *testing.T) {
	home(t, "export GH_TOKEN=secret OPENAI_API_KEY=secret LEVEL=profile OTHER=profile\n")
	got := run(t, newTestRunner(t), Command{
		Script: `echo "$GH_TOKEN|$OPENAI_API_KEY|$LEVEL|$OTHER"`, Shell: "bash", Login: true,
		Vars: Environment{HideSecrets: true, Set: map[string]string{"LEVEL": "set"}},
	})
	if want := "||set|profile\n"; got.Output != want {
		t.Errorf("printed %q, want %q", got.Output, want)
	}
}
