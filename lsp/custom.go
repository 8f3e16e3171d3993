package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/jsonrpc2"
)

// custom answers a codex/ method. Params are nil when there are none.
func (s *server) custom(ctx context.Context, method string, params []byte, call bool) (any, error) {
	return nil, fmt.Errorf("%q: %w", method, jsonrpc2.ErrMethodNotFound)
}
