package watch

import "slices"

// Uncovered names what of the folder is not watched, as far as looks at it have
// found: what git ignores, and what is too large or no file. Folders end in a
// slash. Without git, folders that programs make are left out too, and none of
// them is named.
func (n *Names) Uncovered() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	names := slices.Concat(n.ignored, n.unseen)
	slices.Sort(names)
	return names
}

// sawNot notes what a look passed over.
func (n *Names) sawNot(unseen []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.unseen = unseen
}
