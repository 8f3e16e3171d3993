package lsp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"codex-lsp/agent/rollout"
)

// openChat is codex.openChat, see [OpenChatParams].
func (s *server) openChat(ctx context.Context, p OpenChatParams) (OpenChatResult, error) {
	t, err := s.threadMeant(ctx, p.ThreadID, p.Cwd)
	if err != nil {
		return OpenChatResult{}, err
	}
	path, err := s.showChat(s.follow(t), p.Draft)
	return OpenChatResult{ThreadRef{t.ID(), t.Cwd()}, string(uriOf(path))}, err
}

// showChat asks the client to show a chat's document, which is made if there
// is none.
func (s *server) showChat(c *chat, draft string) (path string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.path == "" {
		p := c.page
		if p.text == "" {
			p.text = "# Codex in " + c.thread.Cwd() + "\n\n" + youHeading + "\n\n"
		}
		path, err := s.newChatFile(c.thread.ID(), p.document())
		if err != nil {
			return "", err
		}
		c.bind(path, p)
	}
	if draft != "" {
		c.draw(func(p *page) { p.draft(draft) })
	}
	path = c.path
	c.opening = s.showsDocuments() && s.docs.at(path) == nil
	s.spawn(func(ctx context.Context) { s.showDocument(ctx, path) })
	return path, nil
}

// draft adds to the prompt that is being written.
func (p *page) draft(s string) {
	sep := "\n"
	if title, start := p.last(); title == codexHeading {
		sep = "\n\n" + youHeading + "\n\n"
	} else if strings.TrimSpace(p.text[start:]) == "" {
		sep = "\n\n"
	}
	p.text = strings.TrimRight(p.text, " \t\n")
	p.at = min(p.at, len(p.text))
	p.text += sep + s
}

// chatDir is where chat documents are: where they are wanted, in Codex's folder,
// or where temporary files go.
func (s *server) chatDir() string {
	if s.chats != "" {
		return s.chats
	}
	return filepath.Join(cmp.Or(s.home, filepath.Join(os.TempDir(), "codex-lsp")), "chats")
}

// newChatFile makes the file of a thread's chat, whose name tells the thread.
// Nobody else may read it.
func (s *server) newChatFile(threadID, text string) (string, error) {
	dir := s.chatDir()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make a folder for chats: %w", err)
	}
	name := time.Now().Format("2006-01-02-150405-") + threadID[len(threadID)-rollout.ShortID:] + chatSuffix
	path := filepath.Join(dir, name)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("make the chat's file: %w", err)
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf("write the chat's file: %w", err)
	}
	return path, nil
}

// showDocument asks the client to show a file, or tells the user where it is.
func (s *server) showDocument(ctx context.Context, path string) {
	if s.showsDocuments() {
		ctx, cancel := context.WithTimeout(ctx, replyPatience)
		defer cancel()
		shown, err := s.client.ShowDocument(ctx, &protocol.ShowDocumentParams{URI: uriOf(path), TakeFocus: ptr(true)})
		if err == nil && shown != nil && shown.Success || ctx.Err() != nil {
			return
		}
	}
	s.tell(ctx, protocol.MessageTypeInfo, "Codex: see "+path)
}

func (s *server) showsDocuments() bool {
	w := s.caps.Window
	return w != nil && w.ShowDocument != nil && w.ShowDocument.Support
}
