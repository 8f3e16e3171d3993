package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"codex-lsp/agent/rollout"
)

// ErrNotKept says that threads end with the process here.
var ErrNotKept = errors.New("conversations are not saved here, so none can be resumed")

// ErrFolderGone says that what a thread is about is no folder any more.
var ErrFolderGone = errors.New("there is no such folder; say which one it is about now")

// Resume returns the thread with this id, or one whose id ends so: the one that
// is open, or a saved one, which goes on about the folder cwd, absolute, or for
// "" about the one that it was about. A thread of a newer format goes on as a
// copy, under an id of its own. The error is [ErrFolderGone] where there is no
// such folder.
func (a *Agent) Resume(id, cwd string) (*Thread, error) {
	id = strings.ToLower(id)
	a.resuming.Lock() // or two could open one rollout
	defer a.resuming.Unlock()
	if t := a.open(id); t != nil {
		return t, nil
	}
	if a.sessions == nil {
		return nil, ErrNotKept
	}
	r, file, err := a.sessions.Resume(id)
	if err != nil {
		return nil, err
	}
	if cwd == "" {
		cwd = r.Cwd
	}
	if info, err := os.Stat(cwd); err != nil || !info.IsDir() {
		return nil, errors.Join(fmt.Errorf("conversation %s is about %s: %w", r.Meta.ID, cwd, ErrFolderGone), file.Close())
	}
	t := newThread(a, filepath.Clean(cwd))
	if file != nil {
		t.id = r.Meta.ID
	}
	t.keepJournal()
	t.restore(r, file)
	a.admit(t)
	return t, nil
}

// Latest returns the id of the thread about this folder, or about any for "",
// that was written last; "" for none.
func (a *Agent) Latest(cwd string) (id string, err error) {
	if a.sessions == nil {
		return "", ErrNotKept
	}
	return a.sessions.Latest(cwd)
}

// open returns the open thread whose id ends with id, or nil.
func (a *Agent) open(id string) *Thread {
	if len(id) < rollout.ShortID {
		return nil
	}
	for _, t := range a.Threads() {
		if strings.HasSuffix(t.id, id) {
			return t
		}
	}
	return nil
}

// Earlier is what was said in the thread before it was resumed, as clients show
// it: the newest of it, where it is much.
func (t *Thread) Earlier() []Item { return t.earlier }

// PromptsBefore counts what the user had said before the thread was resumed. It
// reads the beginning of a long one.
func (t *Thread) PromptsBefore() (n int) {
	if t.before == nil {
		return 0
	}
	for _, item := range t.earlier {
		if item.Type == UserMessage {
			n++
		}
	}
	if r := t.unread(); r != nil {
		for _, said := range r.Said {
			if said.User {
				n++
			}
		}
	}
	return n
}

// unread is what of the thread was not read when it was resumed, nil if all was.
func (t *Thread) unread() *rollout.Record {
	if t.before == nil {
		return nil
	}
	r, err := t.before()
	if err != nil {
		t.agent.log.Warn("read the beginning of a thread", "thread", t.id, "err", err)
	}
	return r
}

// restore makes the thread what its rollout says. It is nobody else's yet.
func (t *Thread) restore(r *rollout.Record, file *rollout.File) {
	if file != nil {
		t.record.file, t.record.made = file, true
	} else {
		t.record.parent = r.Meta.ID
		t.notes = append(t.notes, fmt.Sprintf("conversation %s was written by a newer Codex, so it goes on as a copy", r.Meta.ID))
	}
	t.told = toldBy(r, t.cwd)
	t.history = append(t.history, developerMessage(t.told.base))
	t.replace(append(t.history, mended(r.History, t.calls, func(i int, id CallID) string { return t.cutCall(r, i, id) })...))
	if r.Fresh > 0 {
		t.compactions, t.floor = []compaction{{size: r.Fresh + 1, load: r.Replaced}}, t.tokens
	}
	t.before, t.partial = sync.OnceValues(r.Earlier), r.Partial()
	if settings, err := t.agent.config(t.cwd); err == nil { // else the turn says what is wrong
		t.choice = chosenBefore(r, settings)
	}
	t.usage = Usage(r.Usage)
	t.title = t.agent.sessions.Name(r.Meta.ID)
	t.name(r.FirstPrompt())
	for _, said := range r.Said {
		kind := AgentMessage
		switch {
		case said.User:
			kind = UserMessage
			t.name(said.Text)
		case said.Summary:
			kind = ContextCompaction
		}
		t.earlier = append(t.earlier, Item{ID: newID(), Type: kind, Status: ItemCompletedS, Text: said.Text})
	}
	t.edited = changedIn(r)
	if len(r.Broken) > 0 {
		t.notes = append(t.notes, fmt.Sprintf("of the saved conversation, %d lines cannot be read and are left out; the first is %v", len(r.Broken), r.Broken[0]))
	}
	if r.Open {
		t.news = append(t.news, cutTurn)
		t.notes = append(t.notes, "the last turn of this conversation was cut off when its process ended; what it ran may have done part of its work")
	}
}

// changedIn are the files that a thread's turns changed.
func changedIn(r *rollout.Record) (files []ChangedFile) {
	for _, e := range r.Edits {
		files = append(files, ChangedFile{Path: e.Path, Kind: e.Type, TurnID: e.TurnID})
	}
	return files
}

// changedBefore are those of turns that were not read when the thread was
// resumed.
func (t *Thread) changedBefore() []ChangedFile {
	r := t.unread()
	if r == nil {
		return nil
	}
	return changedIn(r)
}

// cutTurn is what the model is told of a turn whose process ended.
const cutTurn = "<turn_aborted>\nThe program ended during the previous turn. Commands that were running may have done part of their work: check before relying on it.\n</turn_aborted>"

// toldBy finds what the model was told last of its surroundings, which are those
// of the folder cwd.
func toldBy(r *rollout.Record, cwd string) told {
	is := told{begun: true, base: r.Meta.Instructions.Text}
	for _, item := range r.History {
		if headOf(item).kind != "message" {
			continue
		}
		switch text := parseOutput(item).text(); {
		case strings.HasPrefix(text, policyOpening):
			is.policy = text
		case strings.HasPrefix(text, skillsOpening):
			is.skills = text
		case strings.HasPrefix(text, environmentOpening):
			is.environment = text
		case strings.HasPrefix(text, docsOpening(cwd)):
			is.docs = true
		}
	}
	return is
}
