-- A chat document: write, press Enter, approve, read.
local completed = T.events('CodexTurnCompleted')
T.start('calc.go')
local code = vim.api.nvim_get_current_buf()
T.select(function(labels)
  return labels[1]
end)
vim.cmd.CodexChat()
T.wait('the document is shown', function()
  return vim.api.nvim_buf_get_name(0):match('%.codex%.md$')
end)
local chat = vim.api.nvim_get_current_buf()
T.eq('beside the code', #vim.fn.win_findbuf(code), 1)
T.eq('one server', #vim.lsp.get_clients({ name = 'codex' }), 1)
T.eq(
  'the last line is for the prompt',
  vim.api.nvim_win_get_cursor(0)[1],
  vim.api.nvim_buf_line_count(chat)
)

vim.api.nvim_buf_set_lines(chat, -2, -1, false, { 'Fix the sum.' })
vim.api.nvim_feedkeys(vim.keycode('<CR>'), 'x', false)
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the end', completed[1].status, 'completed')
T.wait('the answer, and room for the next prompt', function()
  return T.text(chat):match('Fixed%.\n\n## You\n')
end)
local text = T.text(chat)
for _, part in ipairs({ '## You\nFix the sum.\n\n## Codex\n', '\n> edited calc.go +1 −1\n' }) do
  assert(text:find(part, 1, true), part .. ' is not in:\n' .. text)
end
T.eq('the edit', T.text(code):match('return a . b'), 'return a + b')
