-- A codex: comment is a code action, on text that was never saved.
local completed = T.events('CodexTurnCompleted')
T.start('calc.go')
T.select(function(labels)
  return labels[1]
end)
vim.api.nvim_buf_set_lines(0, 1, 1, false, { '// codex: fix the sum' })
vim.api.nvim_win_set_cursor(0, { 2, 0 })
vim.lsp.buf.code_action({
  apply = true,
  filter = function(action)
    return action.title == 'Codex: fix the sum'
  end,
})
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the edit', T.text():match('return a . b'), 'return a + b')
