-- :CodexInterrupt withdraws what is asked and ends the turn.
local completed = T.events('CodexTurnCompleted')
local resolved = T.events('CodexApprovalResolved')
T.start('notes.txt')
vim.g.codex = { approve = { open = false } }
vim.cmd('Codex make it')
T.wait('the question', function()
  return #require('codex').approvals() == 1
end)
vim.cmd.CodexInterrupt()
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the end', completed[1].status, 'interrupted')
T.eq('the question', resolved[1].answer, { decision = 'declined', by = 'interrupt' })
T.eq('nothing waits', #require('codex').approvals(), 0)
T.eq('nothing ran', vim.uv.fs_stat('made.txt'), nil)
T.wait('the statusline is empty', function()
  return require('codex').status() == ''
end)
