package sandbox

import "sync"

// A Layer is one wall, and what became of it when it was tried.
type Layer struct {
	Name   string `json:"name"`
	Held   bool   `json:"held"`
	Why    string `json:"why"`              // what held, or why it did not
	Remedy string `json:"remedy,omitempty"` // what to do about it
	Full   bool   `json:"full"`             // there is no full sandbox without it
	Weak   bool   `json:"weak"`             // nor one that does without namespaces
}

// A Report is what a command that tried to break out has come to.
type Report struct {
	System string  `json:"system"` // kernel and its version
	Layers []Layer `json:"layers"`
}

// Full tells whether every layer holds that a full sandbox has.
func (r Report) Full() bool { return r.holds(func(l Layer) bool { return l.Full }) }

// Weak tells whether the layers hold that one without namespaces has.
func (r Report) Weak() bool { return r.holds(func(l Layer) bool { return l.Weak }) }

func (r Report) holds(counts func(Layer) bool) bool {
	held := 0
	for _, l := range r.Layers {
		if !counts(l) {
			continue
		}
		if !l.Held {
			return false
		}
		held++
	}
	return held > 0
}

// Probe starts a command that tries to break each layer, once per process, and
// tells what held.
func Probe() Report { return probed() }

var probed = sync.OnceValue(probe)
