-- A decline with words lets the turn go on without the command.
local completed = T.events('CodexTurnCompleted')
T.start('notes.txt')
T.select(function()
  return 'Decline, and say what to do instead'
end)
vim.ui.input = function(_, on_confirm)
  on_confirm('use trash')
end
vim.cmd('Codex clean up')
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the end', { completed[1].status, completed[1].answer }, { 'completed', 'Then not.' })
T.eq('the file is there', T.file('notes.txt'), 'old\n')
