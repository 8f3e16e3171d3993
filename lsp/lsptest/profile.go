package lsptest

import (
	"embed"
	"encoding/json"
	"time"
)

// A Profile is how an editor behaves, its defects included. The known ones are
// made after what the editors of these names were seen to do.
type Profile struct {
	Name string
	// Initialize names the recorded params of an initialize request, without
	// folders and process; "" for a client that announces the least.
	Initialize string
	// Options are its initializationOptions.
	Options map[string]any
	// Encoding is the first it offers; what counts is what the server picks.
	Encoding string

	Debounce time.Duration // how long didChange is held back while the user types
	Idle     bool          // and each key begins that anew
	Sync     Sync          // how didChange tells of a change
	Stale    Stale         // what becomes of an edit for a version that is past
	SentOnly bool          // the version check knows of what was sent, not of what was typed

	Lag       time.Duration // between the arrival of applyEdit and its being done
	Reply     Reply         // how applyEdit is answered
	Tells     bool          // tells of what it holds back before an edit of the server's, and of the edit after it
	Drops     int           // so many edits are not made, although the answer says so
	Evicts    bool          // a second prompt replaces the first, which is never answered
	Modal     bool          // nothing else is done while a prompt is open
	Nulls     bool          // unknown requests are answered with null
	Mute      bool          // no request is ever answered
	Saves     bool          // answers codex/saveDocuments
	Reloads   bool          // answers codex/reloadDocuments
	OneAction bool          // only the first action of a prompt can be chosen
}

// A Sync is how an editor reports changes.
type Sync string

const (
	Each Sync = "each" // every change by itself
	// Pieces is Each, but of a server's edit only what differs is changed, in
	// as many pieces as that has, the last first.
	Pieces Sync = "pieces"
	Spans  Sync = "spans" // one change from the first to the last difference
	Whole  Sync = "whole" // the whole text
	// Events is Spans for each part of an edit by itself, as Neovim has it when
	// nothing is held back. While an edit reaches the end of the text, there is
	// an empty line more.
	Events Sync = "events"
)

// A Stale is what an editor does with an edit for a version that is past.
type Stale string

const (
	Refused Stale = "refused" // applied:false
	Dropped Stale = "dropped" // applied:true, nothing done
	Failed  Stale = "failed"  // an error
	Applied Stale = "applied" // done, over whatever is there now
)

// A Reply is how an editor answers applyEdit.
type Reply string

const (
	Honest Reply = ""      // it says what it did
	Null   Reply = "null"  // null, whatever it did
	Denies Reply = "deny"  // applied:false, nothing done
	Silent Reply = "never" // nothing done, no answer
)

// The editors that were observed; VimLSP with g:lsp_use_event_queue = 0.
var (
	Plain  = Profile{Name: "plain", Sync: Each, Stale: Refused}
	VSCode = Profile{Name: "vscode", Initialize: "vscode", Sync: Pieces, Stale: Refused, Saves: true,
		Options: map[string]any{"capabilities": map[string]any{"saveDocuments": true, "saveEdits": true}}}
	Neovim  = Profile{Name: "neovim", Initialize: "neovim", Sync: Spans, Stale: Dropped, SentOnly: true, Debounce: 150 * time.Millisecond}
	OldNvim = Profile{Name: "neovim-0.10", Initialize: "neovim-0.10", Sync: Spans, Stale: Dropped, SentOnly: true, Debounce: 150 * time.Millisecond}
	Helix   = Profile{Name: "helix", Initialize: "helix", Sync: Each, Stale: Refused, Evicts: true}
	Eglot   = Profile{Name: "eglot", Initialize: "eglot", Sync: Each, Stale: Failed, SentOnly: true, Debounce: 500 * time.Millisecond, Idle: true, Modal: true, Nulls: true}
	// EglotTells is eglot with what docs/editors.md has it do around an edit.
	EglotTells = Profile{Name: "eglot-tells", Initialize: "eglot", Sync: Spans, Stale: Failed, SentOnly: true, Debounce: 500 * time.Millisecond, Idle: true, Tells: true, Modal: true, Nulls: true}

	LSPMode = Profile{Name: "lsp-mode", Initialize: "lsp-mode", Sync: Each, Stale: Applied, Modal: true, Nulls: true}
	Kate    = Profile{Name: "kate", Initialize: "kate", Sync: Whole, Reply: Denies}
	VimLSP  = Profile{Name: "vim-lsp", Sync: Spans, Stale: Applied, OneAction: true, Modal: true}
	ALE     = Profile{Name: "ale", Initialize: "ale", Sync: Whole, Mute: true, Reply: Silent}

	// WithPlugin is Neovim with this project's plugin.
	WithPlugin = Profile{Name: "neovim+plugin", Initialize: "neovim", Sync: Events, Stale: Dropped, SentOnly: true,
		Saves: true, Reloads: true, Options: map[string]any{"capabilities": map[string]any{
			"approvals": true, "events": true, "saveDocuments": true, "reloadDocuments": true, "debounce": 0}}}
)

//go:embed initialize/*.json
var recorded embed.FS

// initializeParams are the params that the editor connects with.
func (p Profile) initializeParams(folders []string) map[string]any {
	params := map[string]any{"capabilities": map[string]any{}}
	switch {
	case p.Initialize != "":
		raw, err := recorded.ReadFile("initialize/" + p.Initialize + ".json")
		if err == nil {
			err = json.Unmarshal(raw, &params)
		}
		if err != nil {
			panic(err) // the files are part of this package
		}
	case p.Name == VimLSP.Name:
		params["clientInfo"] = map[string]any{"name": "vim-lsp"}
		params["capabilities"] = workspace(map[string]any{"applyEdit": true, "configuration": true})
	default:
		params["capabilities"] = workspace(map[string]any{
			"applyEdit": true, "workspaceEdit": map[string]any{"documentChanges": true},
		})
	}
	if p.Encoding != "" {
		params["capabilities"].(map[string]any)["general"] = map[string]any{"positionEncodings": []string{p.Encoding, "utf-16"}}
	}
	params["processId"], params["rootUri"] = nil, nil
	list := []any{}
	for _, dir := range folders {
		list = append(list, map[string]any{"uri": fileURI(dir), "name": dir})
	}
	params["workspaceFolders"] = list
	if len(folders) > 0 {
		params["rootUri"] = fileURI(folders[0])
	}
	if p.Options != nil {
		params["initializationOptions"] = p.Options
	}
	return params
}

func workspace(w map[string]any) map[string]any {
	return map[string]any{"workspace": w, "window": map[string]any{"workDoneProgress": true}}
}
