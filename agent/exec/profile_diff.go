package exec

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// compare makes a profile of what two dumps differ in.
func compare(plain, login [][]byte, c Command) *profile {
	env := slices.DeleteFunc(records(login[partEnv], 0), func(entry string) bool {
		return !strings.Contains(entry, "=") || slices.Contains(ofTheShell, nameOf(entry))
	})
	p := &profile{env: filtered(c, env)}
	var b strings.Builder
	for _, part := range []struct {
		number int
		end    byte
		skip   *regexp.Regexp
	}{{partVariables, 0, notRestored()}, {partFunctions, 0, nil}, {partAliases, 0, nil}, {partOptions, '\n', ofLogin()}} {
		for _, record := range added(records(plain[part.number], part.end), records(login[part.number], part.end)) {
			if part.skip == nil || !part.skip.MatchString(record) {
				b.WriteString(record + "\n")
				p.aliases = p.aliases || part.number == partAliases
			}
		}
	}
	p.restore = b.String()
	if len(p.restore) > maxRestore {
		p.err = fmt.Errorf("they define more than %d bytes of functions and variables", maxRestore)
	}
	return p
}

// ofTheShell are the variables that each shell makes for itself.
var ofTheShell = []string{"_", "PWD", "OLDPWD", "SHLVL"}

// notRestored are variables that programs see, since those are in the
// environment, constants, and those that a shell makes itself.
var notRestored = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(declare|typeset)( -g)? -[a-zA-Z]*[rx]|^(declare|typeset)( -g)? (-\S+ )*(BASH\w*|COMP_\w+|DIRSTACK|EPOCH\w*|EUID|FUNCNAME|GROUPS|HIST\w+|IFS|LINENO|OPT\w+|PIPESTATUS|PPID|PS[0-9]|RANDOM|SECONDS|SHELLOPTS|SRANDOM|UID|codex_name|_)(=|$)`)
})

// ofLogin are the options that only a login shell, or one that is typed to, has.
var ofLogin = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`login|interactive|monitor|\bzle\b|history|histexpand|privileged|restricted|shinstdin`)
})

// records takes a part apart at its ends.
func records(part []byte, end byte) []string {
	var all []string
	for _, record := range bytes.Split(part, []byte{end}) {
		if text := strings.TrimSuffix(string(record), "\n"); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// added are the records that the plain shell has not.
func added(plain, login []string) []string {
	had := make(map[string]bool, len(plain))
	for _, record := range plain {
		had[record] = true
	}
	return slices.DeleteFunc(login, func(record string) bool { return had[record] })
}

// restoring begins the names of the variables that carry a profile's script to
// the shell.
const restoring = "CODEX_LSP_PROFILE_"

// apply returns the script that runs after the profile's, and the variables it
// takes for that.
func (p *profile) apply(script string) (all string, env []string) {
	if p.restore == "" {
		return script, nil
	}
	var names, values []string
	for i, text := 0, p.restore; text != ""; i++ {
		n := min(len(text), maxEntry)
		name := fmt.Sprintf("%s%d", restoring, i)
		names, values = append(names, name), append(values, `$`+name)
		env = append(env, name+"="+text[:n])
		text = text[n:]
	}
	if p.aliases { // they count for what is read after them, and zsh reads all of a script at once
		script = "eval '" + strings.ReplaceAll(script, "'", `'\''`) + "'"
	}
	// In one line, so that the shell counts the script's lines as the model does.
	return fmt.Sprintf(`eval "%s" 2>/dev/null; unset %s; %s`, strings.Join(values, ""), strings.Join(names, " "), script), env
}
