-- Any *.codex.md file is a chat: Enter sends, and :CodexStatus knows of it.
local completed = T.events('CodexTurnCompleted')
T.start('ask.codex.md')
T.select(function(labels)
  return labels[1]
end)
vim.api.nvim_buf_set_lines(0, 0, -1, false, { '## You', '', 'Fix the sum.' })
vim.api.nvim_feedkeys(vim.keycode('<CR>'), 'x', false)
T.wait('the turn ends', function()
  return #completed > 0
end)
T.wait('the answer', function()
  return T.text():match('Fixed%.\n\n## You\n')
end)
T.eq('the edit of a file that is not open', T.file('calc.go'):match('return a . b'), 'return a + b')
vim.cmd.CodexStatus()
T.wait('the status', function()
  return T.said('\nFix the sum.: idle, ')
end)
