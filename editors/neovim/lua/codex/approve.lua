-- Approvals: what waits for the user, and the picker that decides it.
--
-- A question stays here until the server says that it is resolved. The picker
-- is only a view: closing it decides nothing.

local client = require('codex.client')
local config = require('codex.config')

local M = {}

---@class codex.Question
---@field id string
---@field threadId string
---@field kind 'command'|'patch'|'read'|'mcpToolCall'|'form'|'url'|'trust'|'permissions'
---@field title string one line
---@field detail string the whole command, or the whole diff
---@field reason? string the model's
---@field policy? string why it is asked
---@field proposal? string[] the rules that approvedWithRule writes
---@field cwd? string
---@field form? codex.Field[] what an MCP server wants to know
---@field decisions string[] what may be answered

---@class codex.Pending
---@field client_id integer
---@field question codex.Question
---@field state 'open'|'put off'|'answered'

---@type codex.Pending[] oldest first
local pending = {}

---@type codex.Pending? whose picker is open
local shown

---@type integer? the window that shows the detail
local preview

local labels = {
  approved = 'Approve',
  approvedForSession = 'Approve for this session',
  approvedWithRule = 'Approve always',
  declined = 'Decline',
  abort = 'Decline and stop',
  distrusted = 'Never trust',
}

-- What the same answer is called where it means something else.
local otherwise = {
  form = { approved = 'Fill in' },
  url = { approved = 'Open the page' },
  trust = { approved = 'Trust' },
}

local filetypes = { patch = 'diff', command = 'sh', mcpToolCall = 'json' }

---@param q codex.Question
---@param decision string
---@return string
local function label_of(q, decision)
  return (otherwise[q.kind] or {})[decision] or labels[decision] or decision
end

local function close_preview()
  if preview and vim.api.nvim_win_is_valid(preview) then
    vim.api.nvim_win_close(preview, true)
  end
  preview = nil
end

---@param q codex.Question
---@return string[] lines, string filetype
local function detail_of(q)
  local lines = {}
  for _, reason in ipairs({ q.reason or '', q.policy or '' }) do
    if reason ~= '' then
      vim.list_extend(lines, vim.split('# ' .. reason:gsub('\n', '\n# '), '\n'))
    end
  end
  for _, rule in ipairs(q.proposal or {}) do
    lines[#lines + 1] = '# always: ' .. rule
  end
  if q.cwd and q.cwd ~= '' then
    lines[#lines + 1] = '# in ' .. vim.fn.fnamemodify(q.cwd, ':~')
  end
  vim.list_extend(lines, vim.split(vim.trim(q.detail), '\n'))
  return lines, filetypes[q.kind] or ''
end

-- The whole command or diff, above the place where pickers open.
---@param q codex.Question
local function open_preview(q)
  local lines, filetype = detail_of(q)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].filetype, vim.bo[buf].bufhidden, vim.bo[buf].modifiable = filetype, 'wipe', false
  local room, width = math.max(vim.o.lines - 14, 3), math.max(vim.o.columns - 6, 20)
  local rows = 0
  for _, line in ipairs(lines) do
    rows = rows + math.max(math.ceil(vim.fn.strdisplaywidth(line) / width), 1)
  end
  preview = vim.api.nvim_open_win(buf, false, {
    relative = 'editor',
    row = 0,
    col = 2,
    width = width,
    height = math.min(rows, room),
    style = 'minimal',
    border = 'rounded',
    title = (' %s '):format(q.title),
  })
  vim.wo[preview].wrap = true
  vim.cmd.redraw()
end

---@param entry codex.Pending
---@param decision string
---@param message? string
---@param content? table<string, any> a form that was filled in
local function decide(entry, decision, message, content)
  local c = vim.lsp.get_client_by_id(entry.client_id)
  if not c then
    return
  end
  entry.state = 'answered'
  local argument =
    { id = entry.question.id, decision = decision, message = message, content = content }
  client.run(c, 'codex.approve', argument, function(result)
    if not result.accepted then
      client.say(('too late, it is %s already: %s'):format(result.decision, entry.question.title))
    end
  end, function()
    entry.state = 'put off'
  end)
end

---@class codex.Choice
---@field label string
---@field decision string
---@field why? boolean ask what to tell the model

---@param q codex.Question
---@return codex.Choice[]
local function choices_of(q)
  local choices = {}
  for _, decision in ipairs(q.decisions) do
    choices[#choices + 1] = { label = label_of(q, decision), decision = decision }
    if decision == 'declined' then
      choices[#choices + 1] =
        { label = 'Decline, and say what to do instead', decision = decision, why = true }
    end
  end
  return choices
end

-- The form of an MCP server. One that is given up waits on.
---@param entry codex.Pending
local function fill(entry)
  entry.state = 'put off' -- no other picker for it meanwhile
  require('codex.form').fill(entry.question.form or {}, function(content)
    if not content then
      client.say(':CodexApprove fills it in later: ' .. entry.question.title)
    elseif vim.list_contains(pending, entry) then
      decide(entry, 'approved', nil, content)
    end
  end)
end

---@param entry codex.Pending
---@param choice codex.Choice?
local function picked(entry, choice)
  if entry.state == 'answered' or not vim.list_contains(pending, entry) then
    return -- meanwhile, elsewhere
  end
  if not choice then
    entry.state = 'put off'
    client.say(':CodexApprove decides later: ' .. entry.question.title)
  elseif choice.why then
    vim.ui.input({ prompt = 'Instead: ' }, function(message)
      if message then
        decide(entry, choice.decision, message)
      else
        entry.state = 'put off'
      end
    end)
  elseif entry.question.kind == 'form' and choice.decision == 'approved' then
    fill(entry)
  else
    decide(entry, choice.decision)
  end
end

---@param entry codex.Pending
local function show(entry)
  shown = entry
  open_preview(entry.question)
  local opts = {
    prompt = entry.question.title,
    kind = 'codex_approval',
    format_item = function(choice)
      return choice.label
    end,
  }
  local function answer(choice)
    close_preview()
    vim.cmd('redraw!') -- or the list is waited for, with the next message
    shown = nil
    picked(entry, choice)
    vim.schedule(M.next)
  end
  -- CTRL-C makes the list that Neovim shows fail.
  if not pcall(vim.ui.select, choices_of(entry.question), opts, answer) then
    answer(nil)
  end
end

-- A picker must not open under the fingers: the keys that were meant for the
-- text, or for an operator, would answer it.
local function typing()
  return not vim.list_contains({ 'n', 'nt' }, vim.api.nvim_get_mode().mode)
end

--- Opens the picker of the next question that has not been put off.
function M.next()
  local later = vim.api.nvim_create_augroup('codex.approve', {}) -- clears it
  local entry = vim.iter(pending):find(function(p)
    return p.state == 'open'
  end)
  if shown or not entry then
    return
  end
  if not typing() then
    return show(entry)
  end
  vim.api.nvim_create_autocmd({ 'ModeChanged', 'CursorMoved', 'CursorHold' }, {
    group = later,
    once = true,
    callback = vim.schedule_wrap(M.next),
  })
end

--- A question was put to the user.
---@param q codex.Question
---@param client_id integer
function M.requested(q, client_id)
  local open = config.get().approve.open
  pending[#pending + 1] =
    { client_id = client_id, question = q, state = open and 'open' or 'put off' }
  if not open then
    client.say(q.title .. ' — :CodexApprove decides')
  elseif typing() then
    client.say(q.title .. ' — waits until you are back in normal mode')
  end
  vim.schedule(M.next)
  vim.cmd.redrawstatus()
end

---@param gone fun(p: codex.Pending): boolean
local function remove(gone)
  pending = vim
    .iter(pending)
    :filter(function(p)
      return not gone(p)
    end)
    :totable()
  if shown and gone(shown) then
    close_preview()
  end
  vim.cmd.redrawstatus()
end

--- A question is settled, here or elsewhere.
---@param id string
function M.resolved(id)
  remove(function(p)
    return p.question.id == id
  end)
end

--- The server is gone, and with it what it asked.
---@param client_id integer
function M.forget(client_id)
  remove(function(p)
    return p.client_id == client_id
  end)
end

---@return codex.Pending[]
local function unanswered()
  return vim
    .iter(pending)
    :filter(function(p)
      return p.state ~= 'answered'
    end)
    :totable()
end

---@return codex.Question[]
function M.questions()
  return vim.tbl_map(function(p)
    return p.question
  end, unanswered())
end

--- The command :CodexApprove: the picker of what waits, chosen first where it
--- is more than one.
function M.pick()
  local waiting = unanswered()
  if #waiting == 0 then
    return client.say('nothing waits for approval')
  end
  close_preview() -- of a picker that was left without an answer
  if #waiting == 1 then
    return show(waiting[1])
  end
  local opts = {
    prompt = 'Waiting for approval',
    format_item = function(p)
      return p.question.title
    end,
  }
  vim.ui.select(waiting, opts, function(p)
    if p then
      vim.schedule(function()
        show(p)
      end)
    end
  end)
end

--- window/showMessageRequest. An approval is drawn from the notification that
--- comes with it, which has an id, so that it can be withdrawn. Null leaves it
--- open. Everything else is asked the way Neovim does.
---@type lsp.Handler
function M.prompt(err, params, ctx)
  local first = (params.actions or {})[1]
  if first and first.title == labels.approved then
    return vim.NIL
  end
  return vim.lsp.handlers['window/showMessageRequest'](err, params, ctx)
end

return M
