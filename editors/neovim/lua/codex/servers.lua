-- What stands around a conversation: MCP servers, commands that were left
-- running, and whether the project is trusted.

local client = require('codex.client')

local M = {}

---@class codex.Server
---@field name string
---@field state 'idle'|'starting'|'ready'|'failed'|'disabled'
---@field tools integer
---@field error? string
---@field signsIn? boolean

---@param server codex.Server
---@return string
local function describe(server)
  local says = {
    idle = 'starts with the next turn',
    starting = 'is starting',
    ready = server.tools == 1 and '1 tool' or server.tools .. ' tools',
    failed = 'failed',
    disabled = 'turned off in the settings',
  }
  local why = server.error and (server.error:gsub('^MCP server `.-`:? ', ''):gsub('%s+', ' '))
  return ('%s: %s%s'):format(server.name, says[server.state], why and ', ' .. why or '')
end

--- The command :CodexServers: signs in to the one chosen, or says what is wrong
--- with it.
function M.pick()
  client.with(function(c)
    client.run(c, 'codex.listServers', { cwd = c.root_dir }, function(servers)
      if #servers == 0 then
        return client.say('no MCP server is set up; codex-lsp mcp add does it')
      end
      vim.ui.select(servers, { prompt = 'MCP servers', format_item = describe }, function(server)
        if not server then
          return
        elseif server.signsIn and (server.state == 'failed' or server.state == 'idle') then
          client.run(c, 'codex.loginServer', { name = server.name, cwd = c.root_dir })
        else
          client.say(server.error or describe(server))
        end
      end)
    end)
  end)
end

--- The command :CodexTerminals: ends the one chosen.
function M.terminals()
  client.with(function(c)
    client.run(c, 'codex.listTerminals', {}, function(list)
      local running = vim
        .iter(list)
        :filter(function(terminal)
          return terminal.state ~= 'ended'
        end)
        :totable()
      if #running == 0 then
        return client.say('no command was left running')
      end
      local opts = {
        prompt = 'End a background command',
        format_item = function(terminal)
          local command = terminal.command:gsub('%s+', ' ')
          return ('%s (%s)'):format(command, vim.fn.fnamemodify(terminal.cwd, ':~'))
        end,
      }
      vim.ui.select(running, opts, function(terminal)
        if terminal then
          client.run(c, 'codex.killTerminal', { id = terminal.id }, function()
            client.say('ended: ' .. terminal.command)
          end)
        end
      end)
    end)
  end)
end

--- The command :CodexTrust.
function M.trust()
  client.with(function(c)
    client.run(c, 'codex.trust', { cwd = c.root_dir }, function(now)
      if now.project == '' then
        return client.say('this folder is in no project')
      end
      local labels = { trusted = 'Trust it', untrusted = 'Do not trust it' }
      local opts = {
        prompt = now.project,
        format_item = function(trust)
          return labels[trust] .. (trust == now.trust and ' (now)' or '')
        end,
      }
      vim.ui.select({ 'trusted', 'untrusted' }, opts, function(trust)
        if trust then
          client.run(c, 'codex.trust', { cwd = c.root_dir, trust = trust }, function(result)
            client.say(('%s is %s'):format(result.project, result.trust))
          end)
        end
      end)
    end)
  end)
end

return M
