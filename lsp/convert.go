package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"

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

type spellingKey struct{}

// withSpelling keeps how the client spells the URI of a document that it
// opens. The protocol package decodes it to a form of its own, and a client
// that compares URIs as strings would not know its document by that.
func withSpelling(ctx context.Context, params []byte) context.Context {
	return context.WithValue(ctx, spellingKey{}, spelledURI(params))
}

// spelling returns the client's spelling of u, or u.
func spelling(ctx context.Context, u uri.URI) uri.URI {
	spelled, _ := ctx.Value(spellingKey{}).(uri.URI)
	if spelled != "" && keyOf(spelled) == keyOf(u) {
		return spelled
	}
	return uri.URI(strings.Clone(string(u)))
}

// spelledURI finds textDocument.uri in the params of a notification, reading
// no further than that; the text comes after it.
func spelledURI(params []byte) uri.URI {
	d := json.NewDecoder(bytes.NewReader(params))
	for _, name := range []string{"textDocument", "uri"} {
		if t, err := d.Token(); err != nil || t != json.Delim('{') {
			return ""
		}
		for {
			t, err := d.Token()
			if err != nil || t == json.Delim('}') {
				return ""
			}
			if t == name {
				break
			}
			var skipped json.RawMessage
			if d.Decode(&skipped) != nil {
				return ""
			}
		}
	}
	var u uri.URI
	if d.Decode(&u) != nil {
		return ""
	}
	return u
}

// ptr returns a pointer to v: the protocol's optional fields are pointers.
func ptr[T any](v T) *T { return &v }
