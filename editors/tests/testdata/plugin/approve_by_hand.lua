-- With approve.open = false no picker opens by itself; :CodexApprove first asks which.
vim.g.codex = { approve = { open = false } }
local fake = require('fakeserver')
local server = fake.start()
local prompts = {}
T.select(function(labels, opts)
  table.insert(prompts, opts.prompt)
  return opts.kind == 'codex_approval' and 'Approve for this session' or labels[2]
end)
server:notify(
  'codex/approval/requested',
  { question = fake.question('t1/c1', { title = 'Run 1' }) }
)
server:notify(
  'codex/approval/requested',
  { question = fake.question('t2/c1', { title = 'Run 2' }) }
)
T.wait('both are announced', function()
  return T.said('Run 1 — :CodexApprove decides') and T.said('Run 2 — :CodexApprove decides')
end)
T.eq('no picker', prompts, {})
vim.cmd.CodexApprove()
T.eq('what is sent', server:command(1).argument, { id = 't2/c1', decision = 'approvedForSession' })
T.eq('the pickers', prompts, { 'Waiting for approval', 'Run 2' })
