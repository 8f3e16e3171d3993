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
      contextTokens = 10,
      modelContextWindow = 300,
      rateLimits = { { name = 'primary', usedPercent = 42.5 } },
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
fix it: running, waits for command, 12 tokens, 3% of the context window, 42% of the primary limit
new thread: idle, 0 tokens
waits for you: Run `go test`?]]
)
