package rollout

import (
	"os"
)

// glance reads whose a rollout is, and the folder of its last turn, and no more
// of the file than it must: there can be thousands.
func glance(path string) (*Record, error) {
	r, err := begun(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	last, err := lastTurn(f, info.Size())
	if last != nil { // a thread without a turn is about the folder that it was begun in
		_ = r.take(2, last)
	}
	return r, err
}

// begun reads a rollout's first line.
func begun(path string) (*Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := &Record{Path: path}
	if err := r.first(f); err != nil {
		return nil, err
	}
	return r, nil
}
