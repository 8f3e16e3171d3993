package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/jsonrpc2"
)

// custom answers a codex/ method of the client's. There is none: what clients
// ask for are commands, which every client can send.
func (s *server) custom(_ context.Context, method string, _ []byte, _ bool) (any, error) {
	return nil, fmt.Errorf("%q: %w", method, jsonrpc2.ErrMethodNotFound)
}
