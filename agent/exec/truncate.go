package exec

// Truncate shortens a text that did not come from a command to a budget, as
// outputs of commands are.
func Truncate(text string, maxTokens int) string { return truncate(newChunk("", text, 0), maxTokens) }

// Tokens estimates how many tokens a text is.
func Tokens(text string) int { return int(tokens(int64(len(text)))) }
