-- Two threads run at once, and each question finds its own command.
local completed = T.events('CodexTurnCompleted')
T.start('notes.txt')
vim.g.codex = { approve = { open = false }, answer = { open = false } }
vim.cmd('Codex one')
vim.cmd('Codex! two')
T.wait('both ask', function()
  return #require('codex').approvals() == 2
end)
T.eq('nothing has ended', #completed, 0)
local titles = {}
T.select(function(labels, opts)
  if opts.kind ~= 'codex_approval' then
    return labels[#labels]
  end
  titles[#titles + 1] = opts.prompt
  return labels[1]
end)
vim.cmd.CodexApprove()
T.wait('one has ended', function()
  return #completed == 1 and #require('codex').approvals() == 1
end)
vim.cmd.CodexApprove()
T.wait('both have ended', function()
  return #completed == 2
end)
assert(completed[1].threadId ~= completed[2].threadId)
table.sort(titles)
T.eq('what was asked', titles, { 'Run echo one >one.txt?', 'Run echo two >two.txt?' })
T.eq('both ran', T.file('one.txt') .. T.file('two.txt'), 'one\ntwo\n')
