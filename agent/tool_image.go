package agent

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"codex-lsp/agent/disk"
	"codex-lsp/agent/model"
)

// imageTool is view_image: a picture of the workspace for the model to see.
type imageTool struct{}

func (imageTool) offer() model.Tool {
	return model.Tool{
		Name:        "view_image",
		Description: "Look at an image file of the workspace (PNG, JPEG, GIF, WebP).",
		Parameters:  schema(`"path":{"type":"string"}`, "path"),
	}
}

func (imageTool) alone(*call) bool { return false }

func (imageTool) run(ctx context.Context, c *call) any {
	var args struct {
		Path string `json:"path"`
	}
	if err := c.decode(&args); err != nil {
		return err.Error()
	}
	path := absolute(c.turn.thread.cwd, args.Path)
	if _, err := within(c.turn.thread.cwd, path); err != nil {
		return "view_image failed: " + err.Error()
	}
	if a := c.mayRead(ctx, path); !a.Decision.Yes() {
		return "view_image failed: " + refusal("reading it", a)
	}
	url, err := imageURL(path)
	if err != nil {
		return fmt.Sprintf("unable to locate image at `%s`: %v", path, err)
	}
	c.turn.report(ItemCompleted{Ref: c.turn.ref(), Item: Item{ID: string(c.id), Type: ImageView, Status: ItemCompletedS, Path: path}})
	return []part{{Type: "input_image", ImageURL: url}}
}

// maxImage is what providers take of one image.
const maxImage = 20 << 20

// imageURL reads an image file into a data URL.
func imageURL(path string) (string, error) {
	f, err := disk.Read(path)
	if err != nil {
		return "", err
	}
	if len(f.Text) > maxImage {
		return "", fmt.Errorf("%s is larger than %d MB", path, maxImage>>20)
	}
	data := []byte(f.Text)
	kind := http.DetectContentType(data)
	if !strings.HasPrefix(kind, "image/") {
		return "", fmt.Errorf("%s is not an image but %s", path, kind)
	}
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data), nil
}
