-- What the server sends: one handler a method. Each codex/ notification also
-- is a User event: codex/turn/completed is CodexTurnCompleted.

local M = {}

--- What the plugin itself does with a notification.
---@type table<string, fun(params: table, client_id: integer)>
local heard = {
  ['codex/turn/started'] = function(params, client_id)
    require('codex.resume').started(params.threadId, client_id)
    require('codex.progress').started(params, client_id)
    require('codex.answer').started(params)
  end,
  ['codex/turn/completed'] = function(params, client_id)
    require('codex.progress').completed(params, client_id)
    require('codex.answer').completed(params)
  end,
  ['codex/item/started'] = function(params)
    require('codex.answer').item_started(params)
  end,
  ['codex/item/completed'] = function(params)
    require('codex.answer').item_completed(params)
  end,
  ['codex/item/agentMessage/delta'] = function(params)
    require('codex.answer').delta(params)
  end,
  ['codex/approval/requested'] = function(params, client_id)
    require('codex.approve').requested(params.question, client_id)
  end,
  ['codex/approval/resolved'] = function(params)
    require('codex.approve').resolved(params.id)
  end,
  ['codex/review/marks'] = function(params, client_id)
    require('codex.review').marks(params, client_id)
  end,
}

--- Heard only by whoever listens to the User event.
local passed_on = {
  'codex/item/reasoning/summaryTextDelta',
  'codex/item/commandExecution/outputDelta',
  'codex/turn/plan/updated',
  'codex/turn/diff/updated',
  'codex/thread/tokenUsage/updated',
  'codex/turn/waiting',
  'codex/warning',
}

---@param method string
---@return string
local function event_of(method)
  local words = vim.split(method, '/')
  return vim
    .iter(words)
    :map(function(word)
      return word:sub(1, 1):upper() .. word:sub(2)
    end)
    :join('')
end

---@param method string
---@return lsp.Handler
local function notification(method)
  local event, hear = event_of(method), heard[method]
  return function(_, params, ctx)
    if hear then
      hear(params, ctx.client_id)
    end
    vim.api.nvim_exec_autocmds('User', {
      pattern = event,
      modeline = false,
      data = { client_id = ctx.client_id, params = params },
    })
  end
end

---@type table<string, lsp.Handler>
M.lsp = {
  ['window/showMessageRequest'] = function(err, params, ctx)
    return require('codex.approve').prompt(err, params, ctx)
  end,
  ['window/showDocument'] = function(err, params, ctx)
    return require('codex.chat').show(err, params, ctx)
  end,
  ['workspace/applyEdit'] = function(err, params, ctx)
    return require('codex.files').apply(err, params, ctx)
  end,
  ['codex/saveDocuments'] = function(_, params)
    return { unsaved = require('codex.files').save(params.uris) }
  end,
  ['codex/reloadDocuments'] = function(_, params)
    require('codex.files').reload(params.uris)
    return vim.empty_dict()
  end,
}

for _, method in ipairs(vim.list_extend(vim.tbl_keys(heard), passed_on)) do
  M.lsp[method] = notification(method)
end

--- Tells of a server that ended by itself, and forgets what it had asked.
---@param code integer
---@param signal integer
---@param client_id integer
function M.exited(code, signal, client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  vim.schedule(function()
    require('codex.approve').forget(client_id)
    require('codex.progress').forget(client_id)
    require('codex.review').forget(client_id)
    if code ~= 0 or (signal ~= 0 and signal ~= 15) then
      if client then
        require('codex.resume').ended(client)
      end
      require('codex.client').say(
        ('the server ended (exit code %d, signal %d); :Codex starts it again, '):format(
          code,
          signal
        ) .. ('why is in %s'):format(require('vim.lsp.log').get_filename()),
        vim.log.levels.ERROR
      )
    end
  end)
end

return M
