package config

// A History says whether what users type is kept in history.jsonl.
type History struct {
	Off      bool // history.persistence = "none"
	MaxBytes int  // history.max_bytes: the oldest prompts go beyond it; 0 for no limit
}

func (r *reader) history() (h History) {
	persistence := ""
	r.text(key{"history", "persistence"}, &persistence)
	h.Off = persistence == "none"
	r.number(key{"history", "max_bytes"}, &h.MaxBytes)
	return h
}
