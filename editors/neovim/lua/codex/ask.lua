-- Prompts: which thread they go to, and what goes with them.

local client = require('codex.client')
local config = require('codex.config')

local M = {}

--- The thread that was chosen, by client. Where there is none, the server
--- takes the folder's: the one made last.
---@type table<integer, string>
local chosen = {}

---@param c vim.lsp.Client
---@return string?
function M.thread(c)
  return chosen[c.id]
end

--- Makes this the thread that :Codex speaks to.
---@param c vim.lsp.Client
---@param thread string
function M.speak_to(c, thread)
  chosen[c.id] = thread
end

---@param c vim.lsp.Client
---@return string
local function folder(c)
  return c.root_dir or vim.fn.getcwd()
end

---@param c vim.lsp.Client
---@param use fun()
local function new_thread(c, use)
  client.run(c, 'codex.newThread', { cwd = folder(c) }, function()
    chosen[c.id] = nil
    use()
  end)
end

--- What a range of lines is for the server. Characters count only where the
--- range is a characterwise selection.
---@param cmd vim.api.keyset.create_user_command.command_args
---@param encoding string
---@return lsp.Range?
local function range_of(cmd, encoding)
  if cmd.range == 0 then
    return nil
  end
  local selected = cmd.line1 == vim.fn.line("'<") and cmd.line2 == vim.fn.line("'>")
  if selected and vim.fn.visualmode() == 'v' then
    return vim.lsp.util.make_given_range_params(nil, nil, 0, encoding).range
  end
  return {
    start = { line = cmd.line1 - 1, character = 0 },
    ['end'] = { line = cmd.line2, character = 0 },
  }
end

---@param prompt string
---@param opts codex.AskOptions
function M.ask(prompt, opts)
  local buf = vim.api.nvim_get_current_buf()
  client.with(function(c)
    local function send()
      local argument = { prompt = prompt, threadId = M.thread(c) }
      if vim.lsp.buf_is_attached(buf, c.id) then
        argument.textDocument = { uri = vim.uri_from_bufnr(buf) }
        argument.range = opts.range
      elseif not argument.threadId then
        argument.cwd = folder(c)
      end
      client.run(c, 'codex.ask', argument, function(result)
        if config.get().answer.open then
          require('codex.answer').open(result.threadId)
        end
      end)
    end
    if opts.new then
      new_thread(c, send)
    else
      send()
    end
  end)
end

--- The command :Codex.
---@param cmd vim.api.keyset.create_user_command.command_args
function M.command(cmd)
  local attached = vim.lsp.get_clients({ name = 'codex', bufnr = 0 })[1]
  local opts = {
    range = range_of(cmd, attached and attached.offset_encoding or 'utf-16'),
    new = cmd.bang,
  }
  if cmd.args ~= '' then
    return M.ask(cmd.args, opts)
  end
  vim.ui.input({ prompt = 'Codex: ' }, function(prompt)
    if prompt and vim.trim(prompt) ~= '' then
      M.ask(prompt, opts)
    end
  end)
end

--- Starts a thread that knows nothing of what was said before.
function M.new()
  client.with(function(c)
    new_thread(c, function()
      client.say('a new thread')
    end)
  end)
end

--- Puts back files of the thread that was chosen, or of the one asked last. The
--- server says which.
---@param command 'codex.undoTurn'|'codex.redoTurn'
function M.undo(command)
  client.with(function(c)
    client.run(c, command, { threadId = M.thread(c) })
  end)
end

--- Chooses the model and the effort of the thread, or says which they are.
---@param model? string
---@param effort? string
function M.model(model, effort)
  client.with(function(c)
    local argument = { threadId = M.thread(c), model = model, effort = effort }
    client.run(c, 'codex.setModel', argument, function(result)
      client.say(vim.trim(('%s %s'):format(result.model, result.effort)))
    end)
  end)
end

--- Goes on with the last conversation about the folder.
function M.resume()
  client.with(function(c)
    client.run(c, 'codex.resume', { cwd = folder(c) }, function(result)
      chosen[c.id] = nil
      client.say('goes on with: ' .. result.title)
    end)
  end)
end

--- Stops the turn of the thread that was chosen, or whatever runs.
function M.interrupt()
  client.with(function(c)
    client.run(c, 'codex.interrupt', { threadId = M.thread(c) })
  end)
end

--- Says something to the running turn.
---@param prompt string
function M.steer(prompt)
  client.with(function(c)
    client.run(c, 'codex.steer', { prompt = prompt, threadId = M.thread(c) })
  end)
end

--- Chooses the thread that :Codex speaks to.
function M.switch()
  client.with(function(c)
    client.run(c, 'codex.listThreads', {}, function(result)
      if #result == 0 then
        return client.say('there is no thread yet; :Codex starts one')
      end
      local opts = {
        prompt = 'Codex thread',
        format_item = function(status)
          return ('%s (%s)'):format(status.title ~= '' and status.title or 'new', status.state)
        end,
      }
      vim.ui.select(result, opts, function(status)
        if status then
          chosen[c.id] = status.threadId
        end
      end)
    end)
  end)
end

return M
