package lsp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// route answers every message of the client. Notifications run on the read
// loop, in wire order: the mirror of open documents depends on it. Calls leave
// it, so that they may wait for the client, with the documents as they were
// when the call arrived; see [viewOf].
//
// No context is ever derived from a request's: the library recycles it when an
// inline handler returns. What handlers get is the session's.
func (s *server) route(next jsonrpc2.Handler) jsonrpc2.Handler {
	return func(reqCtx context.Context, req *jsonrpc2.Request) (result any, err error) {
		method, call := strings.Clone(req.Method()), req.IsCall()
		defer func() {
			if r := recover(); r != nil {
				s.log.Error("handler panicked", "method", method, "panic", r, "stack", string(debug.Stack()))
				err = jsonrpc2.Errorf(jsonrpc2.InternalError, "%s: internal error: %v", method, r)
			}
			result, err = s.answer(method, call, result, err)
		}()
		if req.Params() == nil && unknown(method) {
			return nil, jsonrpc2.ErrMethodNotFound // not "bad params", as the library has it
		}
		if err := s.admits(method, call); err != nil {
			return nil, err
		}
		ctx := withArrival(withView(s.session, s.docs.view()), s.arrivals.Add(1))
		if !call {
			return nil, s.notified(ctx, method, req, next)
		}
		switch method {
		case protocol.MethodInitialize, protocol.MethodShutdown:
			return next(ctx, req)
		}
		ctx, done, err := s.calls.start(ctx, req.ID())
		if err != nil {
			return nil, err
		}
		defer done()
		jsonrpc2.Async(reqCtx)
		if strings.HasPrefix(method, customPrefix) {
			return s.custom(ctx, method, req.Params(), true)
		}
		return next(ctx, req)
	}
}

// customPrefix marks the methods that are ours. They never reach the
// protocol's handler, which refuses those without params and does not tell a
// call from a notification.
const customPrefix = "codex/"

func (s *server) notified(ctx context.Context, method string, req *jsonrpc2.Request, next jsonrpc2.Handler) error {
	switch {
	case method == protocol.MethodCancelRequest:
		return s.calls.cancel(req.Params())
	case strings.HasPrefix(method, customPrefix):
		_, err := s.custom(ctx, method, req.Params(), false)
		return err
	case req.Params() == nil && bare[method]:
		return s.notifiedBare(ctx, method)
	case method == protocol.MethodTextDocumentDidOpen:
		ctx = withSpelling(ctx, req.Params())
	}
	_, err := next(ctx, req)
	return err
}

// unknown tells whether no handler of ours is behind a method outside of
// [customPrefix].
func unknown(method string) bool {
	switch method {
	case protocol.MethodInitialize, protocol.MethodInitialized, protocol.MethodShutdown, protocol.MethodExit,
		protocol.MethodWorkspaceExecuteCommand, protocol.MethodTextDocumentCodeAction,
		protocol.MethodTextDocumentCodeLens, protocol.MethodTextDocumentCompletion,
		protocol.MethodCancelRequest, protocol.MethodSetTrace,
		protocol.MethodWindowWorkDoneProgressCancel,
		protocol.MethodWorkspaceDidChangeConfiguration, protocol.MethodWorkspaceDidChangeWorkspaceFolders,
		protocol.MethodTextDocumentDidOpen, protocol.MethodTextDocumentDidChange,
		protocol.MethodTextDocumentDidSave, protocol.MethodTextDocumentDidClose:
		return false
	}
	return !strings.HasPrefix(method, customPrefix)
}

// bare names the notifications that some clients send without params.
var bare = map[string]bool{
	protocol.MethodInitialized:                     true,
	protocol.MethodWorkspaceDidChangeConfiguration: true,
}

func (s *server) notifiedBare(ctx context.Context, method string) error {
	if method == protocol.MethodInitialized {
		return s.Initialized(ctx, &protocol.InitializedParams{})
	}
	return s.DidChangeConfiguration(ctx, &protocol.DidChangeConfigurationParams{})
}

// answer makes of a handler's outcome what the wire should carry. A failed
// notification is logged here: returned, it would end the connection.
func (s *server) answer(method string, call bool, result any, err error) (any, error) {
	switch {
	case err == nil:
		return result, nil
	case !call && errors.Is(err, jsonrpc2.ErrMethodNotFound):
		s.log.Debug("notification ignored", "method", method)
		return nil, nil
	case !call:
		s.log.Warn("notification failed", "method", method, "err", err)
		return nil, nil
	}
	return nil, wireError(method, err)
}

// wireError gives an error the code that the protocol has for it. An error
// without one would go out with code 0.
func wireError(method string, err error) error {
	var coded *jsonrpc2.Error
	switch {
	case errors.Is(err, context.Canceled):
		return protocol.ErrRequestCancelled
	case errors.Is(err, jsonrpc2.ErrParse): // the message was well-formed, so it is its params
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: bad params: %v", method, err)
	case errors.Is(err, jsonrpc2.ErrMethodNotFound):
		return jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "%s is not supported", method)
	case errors.As(err, &coded):
		return err
	}
	return jsonrpc2.NewError(jsonrpc2.InternalError, err.Error())
}

// maxCalls bounds the calls being answered at one time. An editor has a few
// dozen; thousands are a client that has gone wrong.
const maxCalls = 1000

// inFlight holds what cancels each call being answered.
type inFlight struct {
	mu   sync.Mutex
	byID map[jsonrpc2.ID]context.CancelFunc // guarded by mu
}

// start registers a call. An id that is in use is refused: its owner would
// get two answers, and a cancel would hit either.
func (f *inFlight) start(parent context.Context, id jsonrpc2.ID) (context.Context, func(), error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, taken := f.byID[id]; taken {
		return nil, nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "request id %v is in use", id)
	}
	if len(f.byID) >= maxCalls {
		return nil, nil, fmt.Errorf("%d requests are open; wait for some to be answered", maxCalls)
	}
	ctx, cancel := context.WithCancel(parent)
	if f.byID == nil {
		f.byID = make(map[jsonrpc2.ID]context.CancelFunc)
	}
	f.byID[id] = cancel
	return ctx, func() {
		cancel()
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.byID, id)
	}, nil
}

// cancel carries out a $/cancelRequest. One for a call that is answered
// already is nothing to speak of.
func (f *inFlight) cancel(params []byte) error {
	var p protocol.CancelParams
	if err := protocol.Unmarshal(params, &p); err != nil {
		return err
	}
	var id jsonrpc2.ID
	switch v := p.ID.(type) {
	case protocol.Integer:
		id = jsonrpc2.NewNumberID(int64(v))
	case protocol.String:
		id = jsonrpc2.NewStringID(string(v))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if cancel := f.byID[id]; cancel != nil {
		cancel()
	}
	return nil
}
