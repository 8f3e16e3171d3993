-- Signing in and out. The server opens the browser, and says how it went.

local client = require('codex.client')

local M = {}

---@param by_code boolean? in a browser on whichever machine
function M.login(by_code)
  client.with(function(c)
    client.run(c, 'codex.login', { method = by_code and 'code' or 'browser' })
  end)
end

function M.logout()
  client.with(function(c)
    client.run(c, 'codex.logout', {}, function(result)
      client.say(result.signedOut and 'signed out' or 'nobody was signed in')
    end)
  end)
end

---@class codex.Account
---@field method string
---@field email? string
---@field plan? string
---@field key? string
---@field problem? string

---@param how codex.Account
---@return string
local function describe(how)
  if how.method == 'none' then
    return 'nobody is signed in; :CodexLogin does it'
  elseif how.method == 'apiKey' or how.method == 'environment' then
    return 'an API key is used: ' .. (how.key or '')
  end
  local plan = how.plan and (' (%s)'):format(how.plan) or ''
  local problem = how.problem and '; ' .. how.problem or ''
  return ('signed in as %s%s%s'):format(how.email or 'somebody', plan, problem)
end

--- Says who is signed in.
function M.show()
  client.with(function(c)
    client.run(c, 'codex.account', {}, function(how)
      client.say(describe(how))
    end)
  end)
end

return M
