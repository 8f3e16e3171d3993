package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/skills"
)

// Skills are the skills that a conversation about a folder has, by name, and what
// is wrong with others.
func Skills(c *config.Config, cwd string) ([]skills.Skill, []error) {
	dirs := chain(cwd, c.RootMarkers)
	if c.Trust == config.ProjectUntrusted {
		dirs = nil // as with AGENTS.md
	}
	user, _ := os.UserHomeDir() // without one, it has no skills
	return skills.Find(skills.Folders(dirs, c.Home, user), func(s skills.Skill) bool {
		if len(dirs) > 0 && below(dirs[0], s.Path) && !below(resolved(dirs[0]), resolved(s.Path)) {
			return true // a link out of the project, to what may be anything
		}
		return slices.ContainsFunc(c.Skills.Disabled, func(what string) bool {
			return what == s.Name || what == s.Path || what == filepath.Dir(s.Path)
		})
	})
}

// A Named is what a prompt can name, beside files.
type Named struct {
	Text string // as it is written: $NAME, or /prompts:NAME
	Help string // one line
}

// Named lists what a prompt about a folder can name: skills, and the user's own
// prompts.
func (a *Agent) Named(cwd string) []Named {
	c, err := a.config(cwd)
	if err != nil {
		return nil
	}
	var names []Named
	list, _ := Skills(c, cwd) // what is wrong with others, a turn says
	for _, s := range list {
		names = append(names, Named{"$" + s.Name, s.Description})
	}
	for _, name := range Presets(c.Home) {
		names = append(names, Named{presetOpening + name, "your prompt in " + filepath.Join(c.Home, "prompts", name+".md")})
	}
	return append(names, Named{compactCommand, "go on with a summary of the conversation"})
}

// skillsText tells the model which skills there are.
func (tn *turn) skillsText() string {
	list, errs := Skills(tn.config, tn.thread.cwd)
	wrong := fmt.Sprint(errs)
	if wrong != tn.thread.warnedSkills {
		for _, err := range errs {
			tn.report(Warning{Ref: tn.ref(), Message: "a skill is left out: " + err.Error()})
		}
	}
	tn.thread.warnedSkills = wrong
	tn.skills = list
	if len(list) == 0 || !tn.config.Skills.Tell {
		return ""
	}
	var b strings.Builder
	b.WriteString(skillsOpening + "\nThere are instructions for special tasks. When one fits what the user wants, or they name it as $name, read its file first and follow it; paths in it are relative to its folder.\n")
	for _, s := range list {
		fmt.Fprintf(&b, "- %s: %s (file: %s)\n", s.Name, s.Description, s.Path)
	}
	b.WriteString("</skills_instructions>")
	return b.String()
}

const skillsOpening = "<skills_instructions>"

// hearSkills sends the skills along that the user names.
func (tn *turn) hearSkills(prompt string) {
	for _, s := range skills.Mentioned(tn.skills, prompt) {
		text, err := skills.Text(s.Path)
		if err != nil {
			tn.report(Warning{Ref: tn.ref(), Message: "the skill is not sent along: " + err.Error()})
			continue
		}
		tn.remember(userMessage(fmt.Sprintf("%s\n<name>%s</name>\n<path>%s</path>\n%s\n</skill>", skillOpening, escape(s.Name), escape(s.Path), strings.TrimRight(text, "\n"))))
	}
}

const skillOpening = "<skill>"
