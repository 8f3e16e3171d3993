-- Review mode: what Codex changed is marked until it is kept or rejected. Where
-- the marks are, the server says, and again whenever they have moved.

local client = require('codex.client')
local config = require('codex.config')

local M = {}

---@class codex.Mark
---@field range lsp.Range whole lines; none for a removal, which is above the first
---@field removed string
---@field added string

local links = {
  CodexAdded = 'DiffAdd',
  CodexChanged = 'DiffChange',
  CodexRemoved = 'DiffDelete',
  CodexAddedSign = 'Added',
  CodexChangedSign = 'Changed',
  CodexRemovedSign = 'Removed',
}

local signs = { Added = '+', Changed = '~', Removed = '‾' }

---@param client_id integer
---@return integer namespace of the marks that this server has told of
local function namespace(client_id)
  for name, link in pairs(links) do
    vim.api.nvim_set_hl(0, name, { link = link, default = true })
  end
  return vim.api.nvim_create_namespace('codex_review_' .. client_id)
end

---@param mark codex.Mark
---@return 'Added'|'Changed'|'Removed'
local function kind_of(mark)
  if mark.removed == '' then
    return 'Added'
  end
  return mark.added == '' and 'Removed' or 'Changed'
end

---@param text string
---@return [string, string][][]
local function virtual(text)
  return vim
    .iter(vim.split((text:gsub('\r?\n$', '')), '\r?\n'))
    :map(function(line)
      return { { line == '' and ' ' or line, 'CodexRemoved' } }
    end)
    :totable()
end

-- Neovim scrolls by itself only to virtual lines below the first line.
---@param buf integer
---@param lines integer
local function reveal(buf, lines)
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    vim.api.nvim_win_call(win, function()
      if vim.fn.winsaveview().topline == 1 then
        vim.fn.winrestview({ topfill = lines })
      end
    end)
  end
end

---@param buf integer
---@param ns integer
---@param mark codex.Mark
local function draw(buf, ns, mark)
  local kind, count = kind_of(mark), vim.api.nvim_buf_line_count(buf)
  local first, after = mark.range.start.line, mark.range['end'].line
  -- A removal at the end of the file is above a line that is not there.
  local shown = math.min(first, count - 1)
  if mark.removed ~= '' and config.get().review.removed then
    local lines = virtual(mark.removed)
    vim.api.nvim_buf_set_extmark(buf, ns, shown, 0, {
      virt_lines = lines,
      virt_lines_above = shown == first,
    })
    if first == 0 then
      reveal(buf, #lines)
    end
  end
  if kind == 'Removed' then
    vim.api.nvim_buf_set_extmark(buf, ns, shown, 0, {
      sign_text = shown == first and signs.Removed or '_',
      sign_hl_group = 'CodexRemovedSign',
    })
  end
  for line = first, math.min(after, count) - 1 do
    vim.api.nvim_buf_set_extmark(buf, ns, line, 0, {
      sign_text = signs[kind],
      sign_hl_group = ('Codex%sSign'):format(kind),
      line_hl_group = 'Codex' .. kind,
    })
  end
end

--- codex/review/marks. Marks of a text that has changed since are drawn, too:
--- if they have moved by it, the server tells of them again.
---@param params { uri: string, version: integer, hunks: codex.Mark[] }
---@param client_id integer
function M.marks(params, client_id)
  local buf = vim.uri_to_bufnr(params.uri)
  if not vim.api.nvim_buf_is_loaded(buf) then
    return
  end
  local ns = namespace(client_id)
  vim.api.nvim_buf_clear_namespace(buf, ns, 0, -1)
  for _, mark in ipairs(params.hunks) do
    draw(buf, ns, mark)
  end
end

--- A server is gone, and with it what it can take back.
---@param client_id integer
function M.forget(client_id)
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    vim.api.nvim_buf_clear_namespace(buf, namespace(client_id), 0, -1)
  end
end

---@return { textDocument: lsp.TextDocumentIdentifier, position: lsp.Position }
local function here()
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  return {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    position = { line = line, character = 0 },
  }
end

--- The commands :CodexKeep and :CodexReject.
---@param command 'codex.acceptHunk'|'codex.rejectHunk'
---@param all boolean in the file, not only at the cursor
function M.decide(command, all)
  local argument = here()
  if all then
    argument.position = nil
  end
  client.with(function(c)
    client.run(c, command, argument, function(result)
      if result.hunks == 0 then
        client.say('no change waits for review in this file')
      end
    end)
  end)
end

--- The commands :CodexNext and :CodexPrevious. The server has the place shown,
--- which may be in another file.
---@param command 'codex.nextHunk'|'codex.previousHunk'
function M.move(command)
  local argument = here()
  client.with(function(c)
    client.run(c, command, argument, function(result)
      if not result or result == vim.NIL then
        client.say('no change waits for review')
      end
    end)
  end)
end

return M
