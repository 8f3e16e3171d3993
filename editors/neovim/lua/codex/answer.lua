-- The answer window: what was asked, what was done, and the answer as it
-- streams in. One scratch buffer a thread; it is read, not written.

local config = require('codex.config')

local M = {}

---@type table<string, integer> buffers by thread
local buffers = {}

---@type string? the thread whose turn started last
local latest

-- Older lines are dropped: the thread itself is in the chat document.
local max_lines = 5000

---@param thread string
---@return integer
local function buffer(thread)
  local buf = buffers[thread]
  if buf and vim.api.nvim_buf_is_valid(buf) then
    return buf
  end
  buf = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(buf, 'codex://' .. thread)
  vim.bo[buf].filetype, vim.bo[buf].modifiable = 'markdown', false
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buf, desc = 'Close the answer window' })
  buffers[thread] = buf
  return buf
end

---@param buf integer
---@return integer[] windows whose cursor is on the last line
local function following(buf)
  local last = vim.api.nvim_buf_line_count(buf)
  return vim
    .iter(vim.fn.win_findbuf(buf))
    :filter(function(win)
      return vim.api.nvim_win_get_cursor(win)[1] == last
    end)
    :totable()
end

--- Adds text at the end. A window that was there stays there.
---@param thread string
---@param text string
local function append(thread, text)
  local buf = buffer(thread)
  local windows = following(buf)
  vim.bo[buf].modifiable = true
  vim.api.nvim_buf_set_text(buf, -1, -1, -1, -1, vim.split(text, '\n'))
  local extra = vim.api.nvim_buf_line_count(buf) - max_lines
  if extra > 0 then
    vim.api.nvim_buf_set_lines(buf, 0, extra, false, {})
  end
  vim.bo[buf].modifiable = false
  for _, win in ipairs(windows) do
    vim.api.nvim_win_set_cursor(win, { vim.api.nvim_buf_line_count(buf), 0 })
  end
end

--- Adds a paragraph of its own.
---@param thread string
---@param text string
local function paragraph(thread, text)
  local buf = buffer(thread)
  local empty = vim.api.nvim_buf_line_count(buf) == 1
    and vim.api.nvim_buf_get_lines(buf, 0, 1, false)[1] == ''
  append(thread, (empty and '' or '\n\n') .. text)
end

---@type table<string, boolean> messages that have begun, by id
local begun = {}

---@param params { threadId: string, prompt: string }
function M.started(params)
  latest = params.threadId
  paragraph(params.threadId, '# ' .. params.prompt:gsub('\n.*', ''))
end

---@param params { threadId: string, itemId: string, delta: string }
function M.delta(params)
  if begun[params.itemId] then
    return append(params.threadId, params.delta)
  end
  begun[params.itemId] = true
  paragraph(params.threadId, params.delta)
end

---@param params { threadId: string, item: table }
function M.item_started(params)
  if params.item.type == 'commandExecution' then
    paragraph(params.threadId, ('`$ %s`'):format(params.item.command:gsub('\n.*', ' …')))
  end
end

local ends = { completed = '', failed = ' failed', declined = ' declined' }

---@param params { threadId: string, item: table }
function M.item_completed(params)
  local item = params.item
  if item.type == 'agentMessage' then
    if not begun[item.id] then
      paragraph(params.threadId, item.text or '')
    end
    begun[item.id] = nil
  elseif item.type == 'commandExecution' then
    local code = item.exitCode and (' exit %d'):format(item.exitCode) or ends[item.status] or ''
    append(params.threadId, code)
  elseif item.type == 'fileChange' then
    local done = ends[item.status] or ''
    for _, change in ipairs(item.changes or {}) do
      local path = vim.fn.fnamemodify(change.path, ':.')
      paragraph(params.threadId, ('`%s %s`%s'):format(change.kind, path, done))
    end
  elseif item.type == 'mcpToolCall' then
    local done = ends[item.status] or ''
    paragraph(params.threadId, ('`call %s of %s`%s'):format(item.tool, item.server, done))
  elseif item.type == 'contextCompaction' and (item.text or '') ~= '' then
    paragraph(params.threadId, '> ' .. item.text:gsub('\n', '\n> '))
  end
end

---@param params { threadId: string, status: string, error?: string }
function M.completed(params)
  if params.status == 'failed' then
    paragraph(params.threadId, '**Failed:** ' .. (params.error or ''))
  elseif params.status == 'interrupted' then
    paragraph(params.threadId, '*Interrupted.*')
  end
end

---@return integer? window
local function window()
  for _, win in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if vim.list_contains(vim.tbl_values(buffers), vim.api.nvim_win_get_buf(win)) then
      return win
    end
  end
end

--- Whether the user can see a thread's answer.
---@param thread string
---@return boolean
function M.is_shown(thread)
  return buffers[thread] ~= nil and #vim.fn.win_findbuf(buffers[thread]) > 0
end

--- Shows a thread's answers, in the window that is there or in a new one. The
--- cursor stays where it is.
---@param thread string
function M.open(thread)
  local win = window()
  if not win then
    local from = vim.api.nvim_get_current_win()
    vim.cmd(config.get().answer.split)
    win = vim.api.nvim_get_current_win()
    vim.wo[win].wrap, vim.wo[win].linebreak = true, true
    vim.wo[win].number, vim.wo[win].relativenumber = false, false
    vim.api.nvim_set_current_win(from)
  end
  local buf = buffer(thread)
  vim.api.nvim_win_set_buf(win, buf)
  vim.api.nvim_win_set_cursor(win, { vim.api.nvim_buf_line_count(buf), 0 })
end

--- The command :CodexAnswer.
function M.toggle()
  local win = window()
  if win then
    vim.api.nvim_win_close(win, true)
  elseif latest then
    M.open(latest)
  else
    require('codex.client').say('nothing has been asked yet')
  end
end

return M
