-- A server that dies says so, what it asked is withdrawn, and :Codex starts another.
local fake = require('fakeserver')
local server = fake.start()
vim.g.codex = { approve = { open = false }, answer = { open = false } }
server:notify('codex/approval/requested', { question = fake.question('t1/c1') })
server:notify('codex/turn/started', { threadId = 't1', turnId = 'u1', prompt = 'x' })
server:notify('$/progress', { token = 'k', value = { kind = 'begin', title = 'Codex' } })
server:exit(0, 9)
T.wait('the message', function()
  return T.said('codex: the server ended (exit code 0, signal 9); :Codex starts it again')
end)
T.eq('nothing waits', require('codex').approvals(), {})
T.eq('nothing is done', require('codex').status(), '')
T.wait('Neovim forgets the client', function()
  return #vim.lsp.get_clients({ name = 'codex' }) == 0
end)
server.replies['codex.ask'] = { threadId = 't2', turnId = 'u2' }
vim.cmd('Codex go on')
T.eq('the new server', server:command(1).argument.prompt, 'go on')
