//go:build !unix

package rollout

// A lock is nothing here: there is no flock.
type lock struct{}

func (*Store) lock(string) (*lock, error) { return nil, nil }

func (*lock) release(*Store) error { return nil }
