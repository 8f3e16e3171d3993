-- Chat documents: Markdown files that the server fills. Here they get a window
-- of their own and a key that sends.

local client = require('codex.client')
local config = require('codex.config')

local M = {}

---@param uri string
---@return boolean
local function is_chat(uri)
  return vim.endswith(uri, '.codex.md')
end

local function send()
  local argument = { textDocument = { uri = vim.uri_from_bufnr(0) } }
  client.with(function(c)
    client.run(c, 'codex.ask', argument)
  end)
end

--- Gives a chat document its key.
---@param buf integer
function M.equip(buf)
  vim.keymap.set('n', config.get().chat.send, send, { buffer = buf, desc = 'Send to Codex' })
end

--- window/showDocument. A chat document does not take the place of the file
--- that is being edited.
---@type lsp.Handler
function M.show(err, params, ctx)
  if params.external or not is_chat(params.uri) then
    return vim.lsp.handlers['window/showDocument'](err, params, ctx)
  end
  local buf = vim.uri_to_bufnr(params.uri)
  vim.b[buf].codex_client = ctx.client_id -- lsp/codex.lua attaches no other
  vim.fn.bufload(buf)
  vim.lsp.buf_attach_client(buf, ctx.client_id)
  local win = vim.fn.win_findbuf(buf)[1]
  if not win then
    vim.cmd(config.get().chat.split)
    win = vim.api.nvim_get_current_win()
    vim.bo[buf].buflisted = true
    vim.api.nvim_win_set_buf(win, buf)
  end
  vim.api.nvim_set_current_win(win)
  vim.api.nvim_win_set_cursor(win, { vim.api.nvim_buf_line_count(buf), 0 })
  return { success = true }
end

--- The command :CodexChat.
function M.open()
  client.with(function(c)
    client.run(c, 'codex.openChat', { threadId = require('codex.ask').thread(c) })
  end)
end

return M
