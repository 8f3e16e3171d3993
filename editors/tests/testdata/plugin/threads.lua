-- :CodexThreads chooses the thread that is spoken to.
local fake = require('fakeserver')
local server = fake.start()
server.replies['codex.listThreads'] = {
  { threadId = 't1', title = 'fix the parser', state = 'idle' },
  { threadId = 't2', title = '', state = 'running' },
}
T.select(function(labels)
  T.eq('the labels', labels, { 'fix the parser (idle)', 'new (running)' })
  return labels[1]
end)
vim.cmd.CodexThreads()
T.eq('no argument is an object', vim.json.encode(server:command(1).argument), '{}')
vim.cmd.CodexInterrupt()
T.eq('the thread', server:command(2).argument, { threadId = 't1' })
