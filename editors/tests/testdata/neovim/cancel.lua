-- Closing the picker leaves the turn waiting, until :CodexApprove decides.
local completed = T.events('CodexTurnCompleted')
T.start('notes.txt')
local asked = 0
T.select(function(labels)
  asked = asked + 1
  return asked > 1 and labels[1] or nil
end)
vim.cmd('Codex make it')
T.wait('the picker was closed', function()
  return T.said(':CodexApprove decides later')
end)
T.eq('the turn waits', #completed, 0)
T.eq('the statusline', require('codex').status(), 'codex: 1 to approve')
T.eq('one question', #require('codex').approvals(), 1)
vim.cmd.CodexApprove()
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the command ran', T.file('made.txt'), 'made\n')
T.eq('pickers', asked, 2)
