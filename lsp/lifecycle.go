package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
)

// A phase is how far a session has come. Only the read loop moves it.
type phase struct{ atomic.Int32 }

const (
	fresh   = int32(iota) // initialize must come first
	running               // initialize was answered
	shut                  // shutdown was answered: only exit may follow
)

var (
	errExit     = errors.New("the client said exit")
	errDropped  = fmt.Errorf("not the time for it: %w", jsonrpc2.ErrMethodNotFound)
	errNotReady = jsonrpc2.NewError(jsonrpc2.ServerNotInitialized, "initialize must be the first request")
	errShut     = jsonrpc2.NewError(jsonrpc2.InvalidRequest, "the server was shut down")
	errTwice    = jsonrpc2.NewError(jsonrpc2.InvalidRequest, "the server is initialized already")
)

// admits tells whether a message may come in this phase.
func (s *server) admits(method string, call bool) error {
	switch p := s.phase.Load(); {
	case method == protocol.MethodExit:
		return nil
	case p == running && method == protocol.MethodInitialize:
		return errTwice
	case p == running, p == fresh && method == protocol.MethodInitialize:
		return nil
	case !call:
		return errDropped
	case p == shut:
		return errShut
	}
	return errNotReady
}

// negotiated is what initialize settles.
type negotiated struct {
	caps     protocol.ClientCapabilities
	options  clientOptions
	profile  profile
	encoding encoding
}

// clientOptions are the initializationOptions that are about the wire. All
// others are settings.
type clientOptions struct {
	// CommandPrefix is put before the ids of commands that are advertised in
	// place of "codex.": VS Code registers each id globally, so its extension
	// asks for "codex.server." and keeps the plain ids for the user.
	CommandPrefix string `json:"commandPrefix"`
	// Proxy is the one that the editor itself uses, by its user's settings:
	// {"url": "http://host:port", "bypass"?: "host,.domain"}. A workspace must
	// have no say in it.
	Proxy struct {
		URL    string `json:"url"`
		Bypass string `json:"bypass"`
	} `json:"proxy"`
	// Capabilities are what a client can do beyond the protocol.
	Capabilities abilities `json:"capabilities"`
}

// abilities are what a client announces beyond the protocol's capabilities.
type abilities struct {
	Approvals       bool `json:"approvals"`       // draws pending approvals itself
	Forms           bool `json:"forms"`           // fills in the forms of MCP servers itself
	Events          bool `json:"events"`          // wants the codex/ notifications
	SaveDocuments   bool `json:"saveDocuments"`   // answers codex/saveDocuments
	SaveEdits       bool `json:"saveEdits"`       // wants a document saved that had nothing unsaved before an edit
	ReloadDocuments bool `json:"reloadDocuments"` // answers codex/reloadDocuments
	Review          bool `json:"review"`          // draws codex/review/marks itself
	// Debounce is how many milliseconds after a key the client sends
	// didChange at most. Nil when it does not say.
	Debounce *int `json:"debounce"`
}

// Initialize answers the first request. Nothing of the client's is assumed
// that it did not announce, save what its profile says that it does in fact.
func (s *server) Initialize(_ context.Context, p *protocol.InitializeParams) (*protocol.InitializeResult, error) {
	s.caps = p.Capabilities
	if err := decodeOptions(p.InitializationOptions, &s.options); err != nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "initializationOptions: %v", err)
	}
	if s.options.CommandPrefix == "" {
		s.options.CommandPrefix = "codex."
	}
	s.profile = profileOf(p, s.options.Capabilities)
	s.encoding = negotiate(p.Capabilities.General)
	s.docs.speak(s.encoding, s.profile.loneCR)
	s.folders.set(initialFolders(p))
	for _, folder := range s.folders.list() {
		agent.Sweep(folder) // after a server that was killed
	}
	if p.ProcessID != nil {
		s.watchParent(int(*p.ProcessID))
	}
	if proxy := s.options.Proxy; s.useProxy != nil && proxy.URL != "" {
		s.useProxy(config.Proxy{URL: config.Secret(proxy.URL), Bypass: proxy.Bypass})
	}
	s.configured(p.InitializationOptions)
	s.phase.Store(running)
	s.log.Info("client connected", "name", p.ClientInfo.Name, "profile", s.profile.name, "encoding", s.encoding)
	return &protocol.InitializeResult{
		Capabilities: s.capabilities(),
		ServerInfo:   protocol.ServerInfo{Name: "codex-lsp", Version: protocol.NewOptional(s.version)},
	}, nil
}

// decodeOptions takes a missing or null value as an empty object.
func decodeOptions(raw []byte, into any) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// capabilities are what the server offers.
func (s *server) capabilities() protocol.ServerCapabilities {
	yes, change := true, protocol.TextDocumentSyncKindIncremental
	c := protocol.ServerCapabilities{
		PositionEncoding: protocol.PositionEncodingKind(s.encoding),
		TextDocumentSync: &protocol.TextDocumentSyncOptions{
			OpenClose: &yes,
			Change:    &change,
			Save:      protocol.Boolean(true),
		},
		ExecuteCommandProvider: protocol.ExecuteCommandOptions{Commands: commandNames(s.options.CommandPrefix)},
		CodeLensProvider:       &protocol.CodeLensOptions{},
		HoverProvider:          protocol.Boolean(true),
		CompletionProvider:     &protocol.CompletionOptions{TriggerCharacters: []string{"@", "/", "$"}},
		Workspace: &protocol.WorkspaceOptions{
			WorkspaceFolders: &protocol.WorkspaceFoldersServerCapabilities{
				Supported:           &yes,
				ChangeNotifications: protocol.Boolean(true),
			},
		},
		Experimental: mustJSON(experimental{ProtocolVersion}),
	}
	if s.profile.pulls {
		c.DiagnosticProvider = &protocol.DiagnosticOptions{}
	}
	if s.takesCodeActions() {
		c.CodeActionProvider = &protocol.CodeActionOptions{CodeActionKinds: codeActionKinds}
	} else {
		c.CodeActionProvider = protocol.Boolean(true)
	}
	return c
}

// takesCodeActions tells whether the client knows code action literals.
func (s *server) takesCodeActions() bool {
	t := s.caps.TextDocument
	return t != nil && t.CodeAction != nil && len(t.CodeAction.CodeActionLiteralSupport.CodeActionKind.ValueSet) > 0
}

// Initialized asks for the settings, which no client sends by itself.
func (s *server) Initialized(context.Context, *protocol.InitializedParams) error {
	s.spawn(s.fetchSettings)
	s.spawn(s.recover)
	return nil
}

// Shutdown is the promise of an exit: from now on only that is heard.
func (s *server) Shutdown(context.Context) error {
	s.phase.Store(shut)
	return nil
}

// Exit ends the session. The connection is never closed from in here: that
// would wait for this very handler.
func (s *server) Exit(context.Context) error {
	s.end(errExit)
	return nil
}

// verdict is what Serve returns when the session ended by cause.
func (s *server) verdict(cause error) error {
	switch {
	case s.phase.Load() == shut:
		return nil
	case errors.Is(cause, errExit), errors.Is(cause, context.Canceled):
		return ErrNoShutdown
	}
	return fmt.Errorf("%w: %w", ErrNoShutdown, cause)
}

// SetTrace does nothing: what there is to trace goes to the log.
func (s *server) SetTrace(context.Context, *protocol.SetTraceParams) error { return nil }

// folders are the workspace folders of a client.
type folders struct {
	mu    sync.Mutex
	paths []string // guarded by mu; absolute, in the client's order
}

// list returns the folders' paths.
func (f *folders) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.paths)
}

func (f *folders) set(paths []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paths = paths
}

func (f *folders) change(added, removed []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := slices.DeleteFunc(slices.Clone(f.paths), func(p string) bool { return slices.Contains(removed, p) })
	for _, p := range added {
		if !slices.Contains(kept, p) {
			kept = append(kept, p)
		}
	}
	f.paths = kept
}

// of returns the innermost folder that holds path, or "".
func (f *folders) of(path string) string {
	var best string
	for _, dir := range f.list() {
		inside := path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
		if inside && len(dir) > len(best) {
			best = dir
		}
	}
	return best
}

// DidChangeWorkspaceFolders keeps the list up to date.
func (s *server) DidChangeWorkspaceFolders(_ context.Context, p *protocol.DidChangeWorkspaceFoldersParams) error {
	s.folders.change(folderPaths(p.Event.Added), folderPaths(p.Event.Removed))
	return nil
}

// initialFolders are the workspace folders, or else the root, or else none.
func initialFolders(p *protocol.InitializeParams) []string {
	if list, ok := p.WorkspaceFolders.Get(); ok && len(list) > 0 {
		return folderPaths(list)
	}
	//lint:ignore SA1019 clients without workspace folders name their root so
	if p.RootURI != nil {
		//lint:ignore SA1019 likewise
		if path, ok := pathOf(*p.RootURI); ok {
			return []string{path}
		}
	}
	//lint:ignore SA1019 and older ones so
	if path, ok := p.RootPath.Get(); ok && filepath.IsAbs(path) {
		return []string{filepath.Clean(path)}
	}
	return nil
}

func folderPaths(list []protocol.WorkspaceFolder) []string {
	var paths []string
	for _, f := range list {
		if path, ok := pathOf(f.URI); ok {
			paths = append(paths, path)
		}
	}
	return paths
}

// watchParent ends the session when the process that started the server is
// gone, as the protocol wants.
func (s *server) watchParent(pid int) {
	if pid <= 0 || pid == os.Getpid() {
		return
	}
	s.spawn(func(ctx context.Context) {
		if parentGone(ctx, pid) {
			s.end(fmt.Errorf("the parent process %d is gone", pid))
		}
	})
}
