package tests

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// terminal is the part of hands that all editors in a terminal share.
type terminal struct{ *screen }

func (h terminal) key(key string) {
	switch key {
	case enter:
		h.press("Enter")
	case backspace:
		h.press("BSpace")
	default:
		h.types(key)
	}
}

// ends waits for the program's end.
func (h terminal) ends() {
	h.t.Helper()
	select {
	case <-h.gone:
	case <-time.After(patience):
		h.t.Fatalf("the editor did not end, but shows\n%s", h.text())
	}
}

type neovim struct{ terminal }

// neovimPlugin is Neovim with the plugin.
func neovimPlugin(t *testing.T, d desk) hands {
	return newNeovim(t, d, absolute(t, plugin), "vim.lsp.enable('codex')")
}

// neovimAlone is Neovim with nothing but lsp/codex.lua.
func neovimAlone(t *testing.T, d desk) hands {
	rtp := filepath.Join(d.home, "alone")
	write(t, filepath.Join(rtp, "lsp", "codex.lua"), read(t, filepath.Join(plugin, "lsp", "codex.lua")))
	return newNeovim(t, d, rtp, "vim.lsp.enable('codex')")
}

// neovimStock is Neovim with a client of the user's own, and what Neovim does
// by default.
func neovimStock(t *testing.T, d desk) hands {
	return newNeovim(t, d, d.home, `vim.api.nvim_create_autocmd('BufReadPost', { callback = function(event)
  vim.lsp.start({ name = 'mine', cmd = { 'codex-lsp' }, root_dir = vim.fn.getcwd() }, { bufnr = event.buf })
end })`)
}

// typingInit is a user's configuration: where the runtime path goes on, what
// starts the server, and a command that asks it to patch.
const typingInit = `
vim.o.swapfile = false
vim.opt.runtimepath:append(%q)
vim.g.codex = { answer = { open = false }, notify = false }
%s
vim.api.nvim_create_user_command('Patch', function()
  local client
  vim.wait(60000, function()
    client = vim.lsp.get_clients({ bufnr = 0 })[1]
    return client and client.initialized
  end, 5)
  client:exec_cmd({ title = '', command = 'codex.ask',
    arguments = { { prompt = 'patch', textDocument = { uri = vim.uri_from_bufnr(0) } } } })
end, {})
`

func newNeovim(t *testing.T, d desk, rtp, start string) hands {
	write(t, filepath.Join(d.home, ".config/nvim/init.lua"), fmt.Sprintf(typingInit, rtp, start))
	h := neovim{terminal{newScreen(t, d, 80, 24, editor(t, "nvim"), "lines.md")}}
	h.until(`user 000`)
	return h
}

func (h neovim) ask() {
	h.types(":Patch")
	h.press("Enter")
}

func (h neovim) find(line string) {
	h.press("Escape")
	h.types("/" + line)
	h.press("Enter")
	h.types("0i")
}

func (h neovim) saveAndQuit() {
	h.press("Escape")
	h.types(":wq")
	h.press("Enter")
	h.ends()
}

type helix struct{ terminal }

func helixHands(t *testing.T, d desk) hands {
	write(t, filepath.Join(d.home, ".config/helix/languages.toml"), read(t, "testdata/languages.toml"))
	h := helix{terminal{newScreen(t, d, 80, 24, editor(t, "hx"), "lines.md")}}
	h.until(`user 000`)
	return h
}

func (h helix) ask() {
	h.insist(`Codex: patch`, `No (configured language server|code actions)`, "Space", "a")
	h.press("Enter")
}

func (h helix) find(line string) {
	h.normal()
	h.types("/" + line)
	h.until("search:" + line)
	h.press("Enter")
	h.await("no prompt", func(text string) bool { return !strings.Contains(text, "search:") })
	h.types("i")
}

// normal leaves insert mode, and lets that be seen: with the next key Escape
// would be Alt.
func (h helix) normal() {
	if strings.Contains(h.text(), " INS ") {
		h.press("Escape")
		h.until(" NOR ")
	}
}

func (h helix) saveAndQuit() {
	h.normal()
	h.types(":wq")
	h.press("Enter")
	h.ends()
}

type emacs struct{ terminal }

func emacsHands(t *testing.T, d desk) hands {
	h := emacs{terminal{newScreen(t, d, 80, 24, editor(t, "emacs"), "-nw", "-Q", "-l", absolute(t, "testdata/init.el"), "lines.md")}}
	h.until(`eglot:`)
	return h
}

func (h emacs) ask() {
	h.press("M-x")
	h.types("eglot-code-actions")
	h.press("Enter")
	h.until(`default Codex: patch`)
	h.press("Enter")
}

func (h emacs) find(line string) {
	h.press("M-<", "C-s")
	h.types(line)
	h.press("Enter", "C-a")
}

func (h emacs) saveAndQuit() {
	h.press("C-x", "C-s", "C-x", "C-c")
	h.ends()
}
