package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// A Result is what a call gave.
type Result struct {
	Content    []sdk.Content
	Structured json.RawMessage // nil if there is none
	IsError    bool            // the tool says that it failed
}

// A CallError is why a call has no result, in words for the model and the user.
type CallError struct {
	Message string
	// Sent says that the server had the call, and may have done what it asks.
	Sent bool
}

func (e *CallError) Error() string {
	if e.Sent {
		return e.Message + "; it may have been done in part or in full, check before calling again"
	}
	return e.Message
}

// Call calls a tool, once. When ctx ends, the server is told, and not waited
// for. While a question of the server is open, time does not count.
func (s *Set) Call(ctx context.Context, t Tool, args json.RawMessage) (Result, error) {
	sv, l, err := s.find(ctx, t.Server)
	if err != nil {
		return Result{}, err
	}
	var res *sdk.CallToolResult
	err = sv.within(ctx, l, "tools/call", func(ctx context.Context) (err error) {
		res, err = l.session.CallTool(ctx, &sdk.CallToolParams{Name: t.Name, Arguments: args})
		return err
	})
	if err != nil {
		return Result{}, err
	}
	r := Result{Content: res.Content, IsError: res.IsError}
	if res.StructuredContent != nil {
		if r.Structured, err = json.Marshal(res.StructuredContent); err != nil {
			return r, &CallError{Message: "its result cannot be read: " + err.Error(), Sent: true}
		}
	}
	return r, nil
}

// within makes a request that may take as long as the settings allow.
func (sv *server) within(ctx context.Context, l *life, what string, request func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- request(ctx) }() // the SDK returns once ctx ends
	limit := sv.settings.ToolTimeout
	t := time.NewTimer(limit)
	defer t.Stop()
	for {
		select {
		case err := <-done:
			return sv.failure(l, err)
		case now := <-t.C:
			if left := sv.left(now, limit); left > 0 {
				t.Reset(left)
				continue
			}
			cancel()
			<-done
			return &CallError{Message: fmt.Sprintf("timed out awaiting %s after %vs", what, limit.Seconds()), Sent: true}
		}
	}
}

// left is how much of a limit has not passed since the user answered last.
func (sv *server) left(now time.Time, limit time.Duration) time.Duration {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if sv.asking > 0 {
		return limit
	}
	return limit - now.Sub(sv.asked)
}

// failure is why a request has no answer.
func (sv *server) failure(l *life, err error) error {
	switch {
	case err == nil || errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, sdk.ErrConnectionClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		<-l.ended // soon, as the connection is closed
		if gone := l.failed(); gone != nil {
			return &CallError{Message: gone.Error(), Sent: true}
		}
		return &CallError{Message: fmt.Sprintf("MCP server `%s` was stopped", sv.settings.Name), Sent: true}
	}
	return &CallError{Message: err.Error()}
}
