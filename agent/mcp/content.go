package mcp

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// A Part is a piece of a result as a model takes it: text, or an image.
type Part struct {
	Text  string
	Image string // data URL
}

// maxImages bounds the images of one result, which models pay for dearly.
const maxImages = 10

// images are the formats that models see.
var images = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// Parts is the result for a model: what is structured where there is such, as
// the texts beside it only repeat it, else everything in order.
func (r Result) Parts() []Part {
	if r.Structured != nil {
		return []Part{{Text: string(r.Structured)}}
	}
	var parts []Part
	seen := 0
	for _, c := range r.Content {
		p := partOf(c)
		if p.Image != "" {
			if seen++; seen > maxImages {
				p = Part{Text: "(another image, left out)"}
			}
		}
		if n := len(parts); p.Image == "" && n > 0 && parts[n-1].Image == "" {
			parts[n-1].Text += "\n" + p.Text
			continue
		}
		parts = append(parts, p)
	}
	return parts
}

// Pieces are the result for people: each content as text, none joined, images in
// words.
func (r Result) Pieces() []string {
	texts := make([]string, 0, len(r.Content))
	for _, c := range r.Content {
		p := partOf(c)
		if p.Image != "" {
			kind, _, _ := strings.Cut(strings.TrimPrefix(p.Image, "data:"), ";")
			p.Text = fmt.Sprintf("(an image, %s)", kind)
		}
		texts = append(texts, p.Text)
	}
	return texts
}

func partOf(c sdk.Content) Part {
	switch c := c.(type) {
	case *sdk.TextContent:
		return Part{Text: strings.ToValidUTF8(c.Text, "\uFFFD")}
	case *sdk.ImageContent:
		return binary(c.MIMEType, c.Data)
	case *sdk.AudioContent:
		return binary(c.MIMEType, c.Data)
	case *sdk.EmbeddedResource:
		switch r := c.Resource; {
		case r == nil:
		case r.Blob != nil:
			p := binary(r.MIMEType, r.Blob)
			if p.Text != "" {
				p.Text = r.URI + ": " + p.Text
			}
			return p
		default:
			return Part{Text: strings.ToValidUTF8(r.Text, "\uFFFD")}
		}
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return Part{Text: "(content that cannot be shown)"}
	}
	return Part{Text: string(raw)}
}

// binary is an image if a model can see it, else words.
func binary(mime string, data []byte) Part {
	if slices.Contains(images, mime) {
		return Part{Image: "data:" + mime + ";base64," + base64.StdEncoding.EncodeToString(data)}
	}
	return Part{Text: fmt.Sprintf("(%d bytes of %q, which cannot be shown)", len(data), mime)}
}
