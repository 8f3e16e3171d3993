package patch

import "slices"

// postpone parts chunks that are found loosely, and are as they are written in
// what the chunks that are certain make of the text, from all others: they show
// that, and have to wait for it.
func (m *matcher) postpone(found []*sought) (now, later []*sought) {
	var certain []edit
	var loose []*sought
	isLoose := func(f fit) bool { return f.level > exactly }
	if !slices.ContainsFunc(found, func(s *sought) bool { return slices.ContainsFunc(s.fits, isLoose) }) {
		return found, nil
	}
	for _, s := range found {
		if len(s.fits) == 1 && s.fits[0].level == exactly {
			list, _ := s.edits(s.fits[0], m.base)
			certain = append(certain, list...)
		}
	}
	overlaps := func(f fit) bool {
		return isLoose(f) && slices.ContainsFunc(certain, func(e edit) bool { return e.touches(f) })
	}
	for _, s := range found {
		if slices.ContainsFunc(s.fits, overlaps) {
			loose = append(loose, s)
		}
	}
	if len(loose) == 0 {
		return found, nil
	}
	merged, clash := merge(certain)
	if clash != nil {
		return found, nil
	}
	text, _ := m.base.rewrite(merged)
	patterns := make([][]string, len(loose))
	for i, s := range loose {
		patterns[i] = s.old
	}
	x := newIndex(rows{lines: cut(text)}, exactly, patterns)
	for i, s := range loose {
		if len(x.places(patterns[i])) > 0 {
			later = append(later, s)
		}
	}
	return slices.DeleteFunc(found, func(s *sought) bool { return slices.Contains(later, s) }), later
}

// astray looks once more at chunks that are out of order, and may be where they
// are only because another one has not yet made the place that they show.
func (m *matcher) astray(found []*sought) error {
	found = m.inOrder(found)
	if m.ascending(found) {
		return nil
	}
	var list []edit
	patterns := make([][]string, len(found))
	for i, s := range found {
		edits, _ := s.edits(s.fits[0], m.base)
		list = append(list, edits...)
		patterns[i] = s.old
	}
	merged, clash := merge(list)
	if clash != nil {
		return nil // which carryOut reports
	}
	text, hunks := m.base.rewrite(merged)
	x := newIndex(rows{lines: cut(text)}, exactly, patterns)
	for i, s := range found {
		if len(s.old) == 0 {
			continue
		}
		own := s.fits[0].first()
		for _, h := range hunks {
			if h.Before.Start < s.fits[0].first() {
				own += h.After.len() - h.Before.len()
			}
		}
		for _, at := range x.places(patterns[i]) {
			k := slices.IndexFunc(hunks, func(h Hunk) bool { return h.After.Start < at+len(s.old) && at < h.After.End })
			if k >= 0 && at != own {
				s.fits = append(s.fits, fit{start: hunks[k].Before.Start, n: len(s.old)})
				return m.ambiguous(s)
			}
		}
	}
	return nil
}
