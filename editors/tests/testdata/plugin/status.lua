-- :CodexStatus says what each thread does, and what waits for the user.
local server = require('fakeserver').start()
server.replies['codex.status'] = {
  version = '1.2.3',
  threads = {
    {
      title = 'fix it',
      state = 'running',
      waitingFor = 'command',
      tokenUsage = { totalTokens = 12 },
    },
    { title = '', state = 'idle', tokenUsage = { totalTokens = 0 } },
  },
  approvals = { { title = 'Run `go test`?' } },
}
vim.cmd.CodexStatus()
T.wait('the message', function()
  return #T.messages > 0
end)
T.eq(
  'the message',
  T.messages[1],
  [[
codex: codex-lsp 1.2.3
fix it: running, waits for command, 12 tokens
new thread: idle, 0 tokens
waits for you: Run `go test`?]]
)
