package patch

import "strings"

// Summary is what Codex prints of a patch that was applied: what was added,
// then modified, then deleted, each in the order of the patch and by the name
// that the patch uses; a moved file by its new one.
func (p *Patch) Summary() string {
	if len(p.Sections) == 0 {
		return "No files were modified.\n"
	}
	var added, modified, deleted strings.Builder
	for _, s := range p.Sections {
		switch {
		case s.Op == Add:
			added.WriteString("A " + s.Path + "\n")
		case s.Op == Delete:
			deleted.WriteString("D " + s.Path + "\n")
		case s.MoveTo != "":
			modified.WriteString("M " + s.MoveTo + "\n")
		default:
			modified.WriteString("M " + s.Path + "\n")
		}
	}
	return "Success. Updated the following files:\n" + added.String() + modified.String() + deleted.String()
}
