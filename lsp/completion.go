package lsp

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"

	"go.lsp.dev/protocol"
)

const (
	// maxFilesSeen bounds the walk behind a completion: what a folder of
	// ordinary size holds, and a few milliseconds of a large one.
	maxFilesSeen = 20_000
	// maxCompletions is more than a menu shows; the list is asked for again
	// as the user types on.
	maxCompletions = 100
)

// Completion completes in a chat document the name of a file after "@", of a skill
// after "$", and at a line's start that of a prompt or command after "/".
func (s *server) Completion(ctx context.Context, p *protocol.CompletionParams) (protocol.CompletionResult, error) {
	list := &protocol.CompletionList{Items: []protocol.CompletionItem{}}
	doc := viewOf(ctx)[keyOf(p.TextDocument.URI)]
	if doc == nil || !isChat(doc.path) {
		return list, nil
	}
	list.Items = append(list.Items, s.named(doc, p.Position)...)
	begun, ok := begunReference(doc.text, p.Position)
	if !ok {
		return list, nil
	}
	names, more := filesLike(ctx, s.chatFolder(doc.path), begun)
	list.IsIncomplete = more
	place := doc.text.offset(p.Position)
	for _, name := range names {
		list.Items = append(list.Items, protocol.CompletionItem{
			Label: name, Kind: protocol.CompletionItemKindFile,
			FilterText: protocol.NewOptional("@" + name),
			TextEdit:   &protocol.TextEdit{Range: doc.text.span(place-len(begun)-1, place), NewText: "@" + name},
		})
	}
	return list, nil
}

// named completes what a prompt can name beside files.
func (s *server) named(doc *document, at protocol.Position) []protocol.CompletionItem {
	place := doc.text.offset(at)
	line := doc.text.String()[doc.text.offset(protocol.Position{Line: at.Line}):place]
	i := strings.LastIndexAny(line, " \t(") + 1
	begun := line[i:]
	if begun == "" || begun[0] != '$' && (begun[0] != '/' || i > 0) {
		return nil
	}
	var items []protocol.CompletionItem
	for _, n := range s.agent.Named(s.chatFolder(doc.path)) {
		if strings.HasPrefix(n.Text, begun) {
			items = append(items, protocol.CompletionItem{
				Label: n.Text, Kind: protocol.CompletionItemKindKeyword, Detail: protocol.NewOptional(n.Help),
				TextEdit: &protocol.TextEdit{Range: doc.text.span(place-len(begun), place), NewText: n.Text},
			})
		}
	}
	return items
}

// begunReference is what stands between an "@" and the cursor.
func begunReference(t *text, at protocol.Position) (begun string, ok bool) {
	line := t.String()[t.offset(protocol.Position{Line: at.Line}):t.offset(at)]
	i := strings.LastIndexByte(line, '@')
	if i < 0 || i > 0 && !strings.ContainsRune(" \t(", rune(line[i-1])) {
		return "", false
	}
	begun = line[i+1:]
	return begun, !strings.ContainsAny(begun, " \t:()")
}

// chatFolder is the folder that a chat document is about.
func (s *server) chatFolder(path string) string {
	if c := s.threads.chatAt(path); c != nil {
		return c.thread.Cwd()
	}
	return s.folderOf(path)
}

// filesLike lists files below dir whose relative names contain part, in any
// case; more says that there may be others. Hidden folders are left out, and
// those that hold what was downloaded.
func filesLike(ctx context.Context, dir, part string) (names []string, more bool) {
	part = strings.ToLower(part)
	seen := 0
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error { // what cannot be read is not offered
		switch {
		case err != nil || path == dir:
			return nil
		case e.IsDir():
			if strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if seen++; seen > maxFilesSeen || len(names) >= maxCompletions || ctx.Err() != nil {
			more = true
			return filepath.SkipAll
		}
		if name := relative(dir, path); strings.Contains(strings.ToLower(name), part) {
			names = append(names, name)
		}
		return nil
	})
	return names, more
}
