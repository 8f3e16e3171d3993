-- A language server inside Neovim, for tests of the plugin alone: it records
-- what it is told, and says what a test has it say.

local M = {}

---@class FakeServer
---@field ran { command: string, argument: table }[] the commands, in order
---@field replies table<string, any> by command: a value, or a function of the argument
---@field client vim.lsp.Client
local Server = {}
Server.__index = Server

local capabilities = {
  textDocumentSync = { openClose = true, change = 2, save = true },
  executeCommandProvider = { commands = {} },
}

function Server:_execute(params, callback)
  local argument = params.arguments[1]
  self.ran[#self.ran + 1] = { command = params.command, argument = argument }
  local reply = self.replies[params.command]
  if type(reply) == 'function' then
    reply = reply(argument)
  end
  if type(reply) == 'table' and reply.error then
    return callback({ code = -32602, message = reply.error })
  end
  callback(nil, reply or vim.empty_dict())
end

function Server:_cmd()
  return function(dispatchers)
    self.dispatchers, self.closing = dispatchers, false
    local id = 0
    return {
      request = function(method, params, callback, notify_reply)
        id = id + 1
        local this = id
        vim.schedule(function()
          if notify_reply then
            notify_reply(this)
          end
          if method == 'initialize' then
            self.initialized_with = params
            callback(
              nil,
              { capabilities = capabilities, serverInfo = { name = 'fake', version = '1' } }
            )
          elseif method == 'workspace/executeCommand' then
            self:_execute(params, callback)
          else
            callback(nil, vim.NIL)
          end
        end)
        return true, this
      end,
      notify = function()
        return true
      end,
      is_closing = function()
        return self.closing
      end,
      terminate = function()
        self.closing = true
      end,
    }
  end
end

--- Sends a notification to the client.
function Server:notify(method, params)
  self.dispatchers.notification(method, params)
end

--- Sends a request to the client, and waits for the reply.
function Server:request(method, params)
  local reply
  coroutine.wrap(function()
    reply = { self.dispatchers.server_request(method, params) }
  end)()
  T.wait('a reply to ' .. method, function()
    return reply
  end)
  return reply[1], reply[2]
end

--- Ends as a process would.
function Server:exit(code, signal)
  self.closing = true
  self.dispatchers.on_exit(code, signal)
end

--- Waits for the nth command and returns it.
function Server:command(n)
  T.wait(('command %d'):format(n), function()
    return #self.ran >= n
  end)
  return self.ran[n]
end

--- Starts one as the codex server, attached to a file.
---@param path? string
---@return FakeServer
function M.start(path)
  local self = setmetatable({ ran = {}, replies = {} }, Server)
  vim.lsp.config('codex', { cmd = self:_cmd() })
  vim.cmd.edit(path or (vim.fn.tempname() .. '.txt'))
  vim.lsp.enable('codex')
  T.wait('the fake server attaches', function()
    self.client = vim.lsp.get_clients({ name = 'codex', bufnr = 0 })[1]
    return self.client
  end)
  return self
end

--- A question as the server asks it.
---@param id string
---@param over? table
function M.question(id, over)
  return vim.tbl_extend('force', {
    id = id,
    threadId = 't1',
    turnId = 'u1',
    callId = id,
    kind = 'command',
    title = 'Run `go test`?',
    detail = 'go test ./...',
    decisions = { 'approved', 'approvedForSession', 'declined', 'abort' },
  }, over or {})
end

return M
