-- A decline can carry words, and an answer that comes too late says so.
local fake = require('fakeserver')
local server = fake.start()
server.replies['codex.approve'] = { accepted = false, decision = 'approved' }
T.select(function()
  return 'Decline, and say what to do instead'
end)
vim.ui.input = function(_, on_confirm)
  on_confirm('run only the parser tests')
end
server:notify('codex/approval/requested', { question = fake.question('t1/c1') })
T.eq('what is sent', server:command(1).argument, {
  id = 't1/c1',
  decision = 'declined',
  message = 'run only the parser tests',
})
T.wait('the user hears that it was too late', function()
  return T.said('too late, it is approved already: Run `go test`?')
end)
