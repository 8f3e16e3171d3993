package lsp

import (
	"fmt"
	"strings"

	"codex-lsp/patch"
)

// conflictError tells the model, and the user, why a change cannot be made:
// what each of them wants the same lines to be.
func conflictError(conflicts []patch.Conflict) error {
	var b strings.Builder
	for _, c := range conflicts {
		fmt.Fprintf(&b, "\nthe patch makes it:\n%s\nthe editor's buffer has, not known to the patch:\n%s", c.Ours, c.Theirs)
	}
	return fmt.Errorf("the change overlaps with unsaved edits of the user; read the file again and make it on top of those.%s", b.String())
}
