package lsp

import (
	"path/filepath"

	"go.lsp.dev/uri"
)

// pathOf returns the file that a URI names, absolute and clean; ok is false
// when it names no file on this machine's disk (untitled:, git:, …).
func pathOf(u uri.URI) (path string, ok bool) {
	if !u.IsFile() {
		return "", false
	}
	path = filepath.Clean(u.FsPath())
	return path, filepath.IsAbs(path)
}

// uriOf returns the URI of an absolute path.
func uriOf(path string) uri.URI { return uri.File(path) }

// A docKey identifies a document: by its path if it is a file, so that two
// spellings of one URI (C%3A, c:) are one document, else by its URI.
type docKey string

func keyOf(u uri.URI) docKey {
	if path, ok := pathOf(u); ok {
		return keyOfPath(path)
	}
	return docKey(u)
}

func keyOfPath(path string) docKey { return docKey("file\x00" + path) }

// ptr returns a pointer to v: the protocol's optional fields are pointers.
func ptr[T any](v T) *T { return &v }
