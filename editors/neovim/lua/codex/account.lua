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

return M
