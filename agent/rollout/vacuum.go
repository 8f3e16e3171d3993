package rollout

import (
	"context"
	"slices"
	"time"
)

// Use is how much of the disk rollouts take.
type Use struct {
	Threads  int   `json:"threads"`
	Bytes    int64 `json:"bytes"`
	Archived struct {
		Threads int   `json:"threads"`
		Bytes   int64 `json:"bytes"`
	} `json:"archived"`
}

// Use measures all rollouts, Codex's too.
func (s *Store) Use() (u Use, err error) {
	for _, archived := range []bool{false, true} {
		files, err := s.files(archived)
		if err != nil {
			return u, err
		}
		threads, bytes := &u.Threads, &u.Bytes
		if archived {
			threads, bytes = &u.Archived.Threads, &u.Archived.Bytes
		}
		for _, f := range measured(files) {
			*threads++
			*bytes += f.size
		}
	}
	return u, nil
}

// Old are the threads of ours, archived or not, that were last written before a
// time, and the oldest of those that take more than most bytes together; 0 is no
// limit. Codex's are Codex's matter.
func (s *Store) Old(ctx context.Context, before time.Time, most int64) ([]Summary, error) {
	var files []saved
	for _, archived := range []bool{false, true} {
		some, err := s.files(archived)
		if err != nil {
			return nil, err
		}
		files = append(files, some...)
	}
	var old []Summary
	var size int64
	for _, r := range inParallel(ctx, measured(files), func(f saved) (Summary, error) { return summarise(f, nil) }) {
		if r.err != nil || !r.value.Ours() {
			continue
		}
		size += r.value.Size
		if r.value.Written.Before(before) || most > 0 && size > most {
			old = append(old, r.value)
		}
	}
	slices.Reverse(old) // the oldest first
	return old, ctx.Err()
}
