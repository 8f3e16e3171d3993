-- Threads outlive their server: the next one goes on with them.

local M = {}

---@type table<integer, string[]> the threads that had a turn, by client, the last one last
local heard = {}

---@type table<string, string[]> the threads of a server that ended, by its root
local left = {}

---@param thread string
---@param client_id integer
function M.started(thread, client_id)
  local threads = heard[client_id] or {}
  heard[client_id] = vim
    .iter(threads)
    :filter(function(id)
      return id ~= thread
    end)
    :totable()
  table.insert(heard[client_id], thread)
end

--- A server ended by itself.
---@param client vim.lsp.Client
function M.ended(client)
  left[client.root_dir or ''] = heard[client.id]
  heard[client.id] = nil
end

--- Calls back once the client has the threads of the server before it.
---@param client vim.lsp.Client
---@param use fun()
function M.all(client, use)
  local root = client.root_dir or ''
  local threads = left[root]
  left[root] = nil
  local function resume(i)
    if not threads or not threads[i] then
      return use()
    end
    local function go_on()
      resume(i + 1)
    end
    require('codex.client').run(client, 'codex.resume', { threadId = threads[i] }, go_on, go_on)
  end
  resume(1)
end

return M
