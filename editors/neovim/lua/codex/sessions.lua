-- Saved conversations: listed or searched, and what is done with the one chosen.

local client = require('codex.client')

local M = {}

---@class codex.Session
---@field threadId string
---@field title string
---@field cwd string
---@field written string when, in UTC
---@field archived? boolean
---@field excerpt? string what was found

---@param session codex.Session
---@return string
local function name_of(session)
  local title = vim.trim((session.title:gsub('%s+', ' ')))
  return title ~= '' and title or 'a conversation without a prompt'
end

--- Shows a conversation as a buffer that is no file: where it is saved, the
--- user says.
---@param markdown string
local function show(markdown)
  vim.cmd.new()
  vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(vim.trim(markdown), '\n'))
  vim.bo.filetype = 'markdown'
  vim.bo.modified = false
end

---@param c vim.lsp.Client
---@param session codex.Session
local function open(c, session)
  local thread = { threadId = session.threadId }
  client.run(c, 'codex.resume', thread, function(result)
    require('codex.ask').speak_to(c, result.threadId)
    client.run(c, 'codex.openChat', { threadId = result.threadId })
  end)
end

---@class codex.Act
---@field label string
---@field archived? boolean whether it is for archived conversations; nil for all
---@field run fun(c: vim.lsp.Client, session: codex.Session)

---@type codex.Act[]
local acts = {
  { label = 'Open', archived = false, run = open },
  {
    label = 'Bring back and open',
    archived = true,
    run = function(c, session)
      local argument = { threadId = session.threadId, back = true }
      client.run(c, 'codex.archiveThread', argument, function()
        open(c, session)
      end)
    end,
  },
  {
    label = 'Fork: go on in a copy',
    run = function(c, session)
      client.run(c, 'codex.forkThread', { threadId = session.threadId }, function(copy)
        require('codex.ask').speak_to(c, copy.threadId)
        client.run(c, 'codex.openChat', { threadId = copy.threadId })
      end)
    end,
  },
  {
    label = 'Rename',
    run = function(c, session)
      vim.ui.input({ prompt = 'Name: ', default = session.title }, function(name)
        if name and vim.trim(name) ~= '' then
          local argument = { threadId = session.threadId, name = name }
          client.run(c, 'codex.renameThread', argument, function()
            client.say('the conversation is called: ' .. name)
          end)
        end
      end)
    end,
  },
  {
    label = 'Export as Markdown',
    run = function(c, session)
      client.run(c, 'codex.exportThread', { threadId = session.threadId }, function(result)
        show(result.markdown)
      end)
    end,
  },
  {
    label = 'Archive',
    archived = false,
    run = function(c, session)
      client.run(c, 'codex.archiveThread', { threadId = session.threadId }, function()
        client.say('archived: ' .. name_of(session))
      end)
    end,
  },
  {
    label = 'Delete',
    run = function(c, session)
      local sure = 'Delete for good'
      local opts = { prompt = ('Delete “%s”?'):format(name_of(session)) }
      vim.ui.select({ 'Keep it', sure }, opts, function(picked)
        if picked == sure then
          local argument = { threadId = session.threadId, confirmed = true }
          client.run(c, 'codex.deleteThread', argument, function()
            client.say('deleted: ' .. name_of(session))
          end)
        end
      end)
    end,
  },
}

---@param c vim.lsp.Client
---@param session codex.Session
local function act(c, session)
  local offered = vim
    .iter(acts)
    :filter(function(a)
      return a.archived == nil or a.archived == (session.archived or false)
    end)
    :totable()
  local opts = {
    prompt = name_of(session),
    format_item = function(a)
      return a.label
    end,
  }
  vim.ui.select(offered, opts, function(a)
    if a then
      a.run(c, session)
    end
  end)
end

---@param c vim.lsp.Client
---@param sessions codex.Session[]
local function choose(c, sessions)
  if #sessions == 0 then
    return client.say('no conversation was found')
  end
  local opts = {
    prompt = 'Codex conversations',
    format_item = function(session)
      local day = session.written:sub(1, 10)
      local excerpt = session.excerpt and ': ' .. session.excerpt:gsub('%s+', ' ') or ''
      return ('%s  %s%s'):format(day, name_of(session), excerpt)
    end,
  }
  vim.ui.select(sessions, opts, function(session)
    if session then
      vim.schedule(function() -- where lists are drawn one at a time
        act(c, session)
      end)
    end
  end)
end

--- The command :CodexSessions.
---@param words string what was said; '' lists them all
---@param archived boolean those that are archived
function M.pick(words, archived)
  client.with(function(c)
    local argument = { cwd = c.root_dir, archived = archived or nil }
    if words == '' then
      return client.run(c, 'codex.listSessions', argument, function(page)
        choose(c, page.threads)
      end)
    end
    argument.text = words
    client.run(c, 'codex.searchSessions', argument, function(found)
      choose(c, found.hits)
    end)
  end)
end

--- The command :CodexCompact.
---@param back boolean takes the summary back
function M.compact(back)
  client.with(function(c)
    local thread = { threadId = require('codex.ask').thread(c) }
    client.run(c, back and 'codex.undoCompact' or 'codex.compact', thread)
  end)
end

return M
