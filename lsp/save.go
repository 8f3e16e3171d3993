package lsp

import "strings"

// A baseline is what the disk held of a file when it was last known to be
// what the client showed.
type baseline struct {
	loaded chan struct{} // closed once the rest is set
	text   string
	ok     bool
}

func newBaseline() *baseline { return &baseline{loaded: make(chan struct{})} }

// load reads the file. When it holds what the document shows, the memory is
// shared.
func (b *baseline) load(path string, shown *text) {
	defer close(b.loaded)
	file, err := readFile(path)
	if err != nil {
		return
	}
	b.text, b.ok = file.Text, true
	if s := shown.String(); s == file.Text {
		b.text = s
	}
}

// sameContent compares a file with a buffer that shows it: editors do not show
// a byte order mark.
func sameContent(onDisk, shown string) bool {
	return onDisk == shown || strings.TrimPrefix(onDisk, "\uFEFF") == shown
}
