-- Signing in and out are the server's commands; with ! it is by a code.
local server = require('fakeserver').start()
server.replies['codex.logout'] = { signedOut = true }
vim.cmd.CodexLogin()
vim.cmd({ cmd = 'CodexLogin', bang = true })
vim.cmd.CodexLogout()
T.wait('the message', function()
  return T.said('signed out')
end)
T.eq('the commands', server.ran, {
  { command = 'codex.login', argument = { method = 'browser' } },
  { command = 'codex.login', argument = { method = 'code' } },
  { command = 'codex.logout', argument = vim.empty_dict() },
})
