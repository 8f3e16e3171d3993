-- What Codex is doing: the statusline, :CodexStatus, and how a turn ended.

local client = require('codex.client')
local config = require('codex.config')

local M = {}

---@class codex.Work
---@field client_id integer
---@field title string
---@field message string

---@type table<string, codex.Work> by client and token
local works = {}

---@type table<string, integer> the client of each thread with a running turn
local running = {}

--- A progress notification of the server.
---@param id integer of the client
---@param params lsp.ProgressParams
function M.heard(id, params)
  local key, value = ('%d/%s'):format(id, params.token), params.value
  if value.kind == 'end' then
    works[key] = nil
  else
    local before = works[key] or { message = '' }
    works[key] = {
      client_id = id,
      title = value.title or before.title or 'Codex',
      message = value.message or before.message,
    }
  end
  vim.cmd.redrawstatus()
end

---@param params { threadId: string }
---@param client_id integer
function M.started(params, client_id)
  running[params.threadId] = client_id
end

---@param params table codex/turn/completed
function M.completed(params)
  running[params.threadId] = nil
  vim.cmd.redrawstatus()
  if not config.get().notify then
    return
  end
  if params.status == 'failed' then
    return -- the server shows the error itself, in every editor
  end
  local what = params.status == 'interrupted' and 'interrupted' or 'done'
  local files = #(params.changedFiles or {})
  if files > 0 then
    what = ('%s, %d %s changed'):format(what, files, files == 1 and 'file' or 'files')
  end
  if not require('codex.answer').is_shown(params.threadId) then
    what = vim.trim(what .. '\n' .. (params.answer or ''))
  end
  client.say(what)
end

---@param client_id integer
function M.forget(client_id)
  for thread, id in pairs(running) do
    if id == client_id then
      running[thread] = nil
    end
  end
  for key, work in pairs(works) do
    if work.client_id == client_id then
      works[key] = nil
    end
  end
  vim.cmd.redrawstatus()
end

--- The statusline component. What waits for the user comes before what is being done.
---@return string
function M.status()
  local waiting = #require('codex.approve').questions()
  if waiting > 0 then
    return ('codex: %d to approve'):format(waiting)
  end
  local _, work = next(works)
  if work then
    return work.message ~= '' and 'codex: ' .. work.message or work.title
  end
  return next(running) and 'codex: working' or ''
end

---@param thread table
---@return string
local function describe(thread)
  local title = thread.title ~= '' and thread.title or 'new thread'
  local state = thread.state
  if thread.waitingFor then
    state = ('%s, waits for %s'):format(state, thread.waitingFor)
  end
  local line = ('%s: %s, %d tokens'):format(title, state, thread.tokenUsage.totalTokens)
  if thread.modelContextWindow then
    local share = 100 * (thread.contextTokens or 0) / thread.modelContextWindow
    line = ('%s, %d%% of the context window'):format(line, share)
  end
  for _, limit in ipairs(thread.rateLimits or {}) do
    line = ('%s, %d%% of the %s limit'):format(line, limit.usedPercent, limit.name)
  end
  return line
end

--- The command :CodexStatus.
function M.show()
  client.with(function(c)
    client.run(c, 'codex.status', {}, function(result)
      local lines = { 'codex-lsp ' .. result.version }
      vim.list_extend(lines, vim.tbl_map(describe, result.threads))
      for _, question in ipairs(result.approvals) do
        lines[#lines + 1] = 'waits for you: ' .. question.title
      end
      client.say(table.concat(lines, '\n'))
    end)
  end)
end

return M
