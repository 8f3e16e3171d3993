package agent

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// inputItem makes the history item of what the user said, and the text that a
// client shows of it. The model is told which files have unsaved text; images
// that cannot be read are left out and returned.
func inputItem(in Input, unsaved []string) (item json.RawMessage, shown string, errs []error) {
	var parts []part
	for i, path := range in.Images {
		url, err := imageURL(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("image not attached: %w", err))
			continue
		}
		parts = append(parts,
			part{Type: "input_text", Text: fmt.Sprintf("<image name=[Image #%d] path=%q>", i+1, path)},
			part{Type: "input_image", ImageURL: url},
			part{Type: "input_text", Text: "</image>"})
	}
	for _, m := range in.Mentions {
		parts = append(parts, part{Type: "input_text", Text: m.text()})
	}
	if len(unsaved) > 0 {
		parts = append(parts, part{Type: "input_text", Text: "<editor_context>\nUnsaved in the editor, so commands see an older text: " + strings.Join(unsaved, ", ") + "\n</editor_context>"})
	}
	parts = append(parts, part{Type: "input_text", Text: in.Text})
	return message("user", parts...), in.Text, errs
}

// text is how a mention reads to the model.
func (m Mention) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<editor_context path=%q", m.Path)
	if m.Start > 0 {
		fmt.Fprintf(&b, " lines=\"%d-%d\"", m.Start, m.End)
	}
	b.WriteString(">\n")
	if m.Text != "" {
		fence := fenceFor(m.Text)
		fmt.Fprintf(&b, "%s%s\n%s\n%s\n", fence, strings.TrimPrefix(filepath.Ext(m.Path), "."), strings.TrimRight(m.Text, "\n"), fence)
	}
	b.WriteString("</editor_context>")
	return b.String()
}

// fenceFor is a code fence longer than any in the text.
func fenceFor(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}
