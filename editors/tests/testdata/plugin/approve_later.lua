-- Closing the picker decides nothing: the question stays, and :CodexApprove asks again.
local fake = require('fakeserver')
local server = fake.start()
local asked = 0
T.select(function()
  asked = asked + 1
  return asked > 1 and 'Decline' or nil
end)
server:notify('codex/approval/requested', { question = fake.question('t1/c1') })
T.wait('the picker was cancelled', function()
  return T.said(':CodexApprove decides later: Run `go test`?')
end)
T.eq('nothing was sent', server.ran, {})
T.eq('the statusline', require('codex').status(), 'codex: 1 to approve')

vim.cmd.CodexApprove()
T.eq('what is sent', server:command(1).argument, { id = 't1/c1', decision = 'declined' })

server:notify('codex/approval/resolved', { id = 't1/c1' })
T.eq('the statusline', require('codex').status(), '')
vim.cmd.CodexApprove()
assert(T.said('nothing waits for approval'))
