-- vim.lsp.enable with nothing but lsp/codex.lua: chat, stock prompt, edit.
T.eq('no plugin', { vim.fn.exists(':Codex'), (pcall(require, 'codex')) }, { 0, false })
local client = T.start('calc.go')
local code = vim.api.nvim_get_current_buf()
local prompts = {}
T.select(function(labels, opts)
  prompts[#prompts + 1] = opts.prompt
  return labels[1]
end)
client:exec_cmd({ title = 'chat', command = 'codex.openChat', arguments = { vim.empty_dict() } })
T.wait('the document is shown', function()
  return vim.api.nvim_buf_get_name(0):match('%.codex%.md$')
end)
local chat = vim.api.nvim_get_current_buf()
T.wait('it is attached', function()
  return vim.lsp.buf_is_attached(chat, client.id)
end)
T.eq('one server', #vim.lsp.get_clients({ name = 'codex' }), 1)
vim.api.nvim_buf_set_lines(chat, -2, -1, false, { 'Fix the sum.' })
vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(chat), 0 })
vim.lsp.buf.code_action({
  apply = true,
  filter = function(action)
    return action.title == 'Send to Codex'
  end,
})
T.wait('the answer', function()
  return T.text(chat):match('Fixed%..*## You')
end)
T.eq('one prompt', #prompts, 1)
assert(prompts[1]:find('calc.go', 1, true), prompts[1])
T.eq('the edit', T.text(code):match('return a . b'), 'return a + b')
