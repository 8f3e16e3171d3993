package lsp

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/uri"

	"codex-lsp/agent"
)

// threads are the conversations that this client takes part in.
type threads struct {
	mu       sync.Mutex
	followed map[string]*chat    // by thread id; guarded by mu
	byFolder map[string]defaults // guarded by mu
	recent   *agent.Thread       // asked last; guarded by mu
	awaited  map[string]bool     // turns whose end a reply carries; guarded by mu
}

// follow makes the client take part in a thread: it hears every event from now
// on, is asked the thread's questions, and keeps its chat.
func (s *server) follow(t *agent.Thread) *chat {
	ts := &s.threads
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if c := ts.followed[t.ID()]; c != nil {
		return c
	}
	if ts.followed == nil {
		ts.followed = make(map[string]*chat)
	}
	c := newChat(s, t)
	ts.followed[t.ID()] = c
	s.atEnd(t.Attach(s)) // under the lock: whoever finds the chat is attached
	return c
}

// chat returns the chat of a thread that is followed, or nil.
func (ts *threads) chat(threadID string) *chat {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return ts.followed[threadID]
}

// chatAt returns the chat whose document this file is, or nil.
func (ts *threads) chatAt(path string) *chat {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for _, c := range ts.followed {
		if c.isAt(path) {
			return c
		}
	}
	return nil
}

// all returns the threads that the client takes part in, oldest first.
func (ts *threads) all() []*agent.Thread {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	var list []*agent.Thread
	for _, c := range ts.followed {
		list = append(list, c.thread)
	}
	slices.SortFunc(list, func(a, b *agent.Thread) int { return strings.Compare(a.ID(), b.ID()) })
	return list
}

// start starts a turn with ask and notes it as the last one. When a reply will
// carry its end, nothing else needs to tell the answer; that is noted before
// anybody can hear of that end.
func (ts *threads) start(t *agent.Thread, ask func() (string, error), awaited bool) (turnID string, err error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if turnID, err = ask(); err != nil {
		return "", err
	}
	ts.recent = t
	if awaited {
		if ts.awaited == nil {
			ts.awaited = make(map[string]bool)
		}
		ts.awaited[turnID] = true
	}
	return turnID, nil
}

// ended forgets a turn, and tells whether a reply carries its end.
func (ts *threads) ended(turnID string) (awaited bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	awaited = ts.awaited[turnID]
	delete(ts.awaited, turnID)
	return awaited
}

// last returns the thread that was asked last, or nil.
func (ts *threads) last() *agent.Thread {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.recent != nil && ts.recent.PutAway() {
		return nil
	}
	return ts.recent
}

// defaultThread returns the folder's default thread, made at first use: the one
// that it was when the message arrived.
func (s *server) defaultThread(ctx context.Context, folder string) (*agent.Thread, error) {
	ts := &s.threads
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t := ts.byFolder[folder].at(arrivalOf(ctx)); t != nil && !t.PutAway() {
		return t, nil
	}
	return s.startThread(ctx, folder)
}

// startThread begins a thread, the default one of its folder. threads.mu is held.
func (s *server) startThread(ctx context.Context, folder string) (*agent.Thread, error) {
	t, err := s.agent.NewThread(folder)
	if err != nil {
		return nil, err
	}
	s.makeDefault(ctx, t)
	return t, nil
}

// makeDefault makes a thread the default one of its folder. threads.mu is held.
func (s *server) makeDefault(ctx context.Context, t *agent.Thread) {
	ts := &s.threads
	if ts.byFolder == nil {
		ts.byFolder = make(map[string]defaults)
	}
	ts.byFolder[t.Cwd()] = ts.byFolder[t.Cwd()].with(arrivalOf(ctx), t)
}

// threadFor finds the thread that a command is about: the one named, or the
// default one of the folder. A thread keeps the folder it was made for.
func (s *server) threadFor(ctx context.Context, id, cwd string, doc *DocumentRef) (*agent.Thread, error) {
	if id == "" {
		folder, err := s.folderFor(cwd, doc)
		if err != nil {
			return nil, err
		}
		return s.defaultThread(ctx, folder)
	}
	t, err := s.namedThread(id)
	if err != nil || cwd == "" {
		return t, err
	}
	folder, err := localPath("cwd", cwd)
	if err == nil && folder != t.Cwd() {
		err = badField("cwd", "is %s, but thread %s is bound to %s; codex.newThread starts one there", folder, id, t.Cwd())
	}
	return t, err
}

// threadMeant is the thread asked last, unless another one or folder is named, or
// none was asked.
func (s *server) threadMeant(ctx context.Context, id, cwd string) (*agent.Thread, error) {
	if t := s.threads.last(); t != nil && id == "" && (cwd == "" || cwd == t.Cwd()) {
		return t, nil
	}
	return s.threadFor(ctx, id, cwd, nil)
}

func (s *server) namedThread(id string) (*agent.Thread, error) {
	t, err := s.agent.Thread(id)
	if err != nil {
		return nil, badField("threadId", "is unknown: %v", err)
	}
	return t, nil
}

// folderFor decides which folder a new conversation is about.
func (s *server) folderFor(cwd string, doc *DocumentRef) (string, error) {
	if cwd != "" {
		folder, err := localPath("cwd", cwd)
		if err != nil {
			return "", err
		}
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return "", badField("cwd", "is no folder: %s", folder)
		}
		return folder, nil
	}
	if doc != nil {
		if path, ok := pathOf(uri.URI(doc.URI)); ok {
			return s.folderOf(path), nil
		}
	}
	if list := s.folders.list(); len(list) > 0 {
		return list[0], nil
	}
	return "", badField("cwd", "is missing, and the editor has no folder open; say which folder it is about")
}

// folderOf is the folder that a conversation about a file belongs to: its
// workspace folder, or the first one for a chat document that lies elsewhere,
// or the folder it is in.
func (s *server) folderOf(path string) string {
	if dir := s.folders.of(path); dir != "" {
		return dir
	}
	if list := s.folders.list(); isChat(path) && len(list) > 0 {
		return list[0]
	}
	return filepath.Dir(path)
}

// localPath reads an absolute path or a file: URI.
func localPath(field, value string) (string, error) {
	if strings.HasPrefix(value, "file:") {
		u, err := uri.Parse(value)
		if err == nil {
			if path, ok := pathOf(u); ok {
				return path, nil
			}
		}
		return "", badField(field, "is no file on this machine: %s", value)
	}
	if !filepath.IsAbs(value) {
		return "", badField(field, "must be an absolute path or a file: URI, not %q", value)
	}
	return filepath.Clean(value), nil
}

// relative is how a path reads to somebody who is in dir.
func relative(dir, path string) string {
	if !inFolder(dir, path) {
		return path
	}
	rel, _ := filepath.Rel(dir, path) // inFolder has seen that there is one
	return filepath.ToSlash(rel)
}

// inFolder tells whether a path is in dir, at any depth.
func inFolder(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// plural counts things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
