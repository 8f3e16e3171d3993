package config

// A Context says how long a conversation may become before it is summarised.
type Context struct {
	Window    int    // model_context_window: tokens of input and output together; 0 for what is known of the model
	CompactAt int    // model_auto_compact_token_limit: tokens; 0 for nine tenths of the window
	Prompt    string // compact_prompt: asks for the summary; "" for the built-in one
	File      string // experimental_compact_prompt_file: holds it, and comes first; absolute
}

func (r *reader) context() (c Context) {
	r.number(key{"model_context_window"}, &c.Window)
	r.number(key{"model_auto_compact_token_limit"}, &c.CompactAt)
	r.text(key{"compact_prompt"}, &c.Prompt)
	r.file(key{"experimental_compact_prompt_file"}, &c.File)
	return c
}
