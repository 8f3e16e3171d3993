-- Stock Neovim, with a client of the user's own and the default debounce: an
-- edit lands where it is meant although text was typed a moment before.
vim.cmd.edit('calc.go')
local id = vim.lsp.start({ name = 'mine', cmd = { 'codex-lsp' }, root_dir = vim.fn.getcwd() })
local client = assert(vim.lsp.get_client_by_id(id))
T.wait('it is initialized', function()
  return client.initialized
end)
T.select(function(labels)
  vim.api.nvim_buf_set_lines(0, 0, 0, false, { '// typed while it was asked' })
  return labels[1]
end)
local ended
vim.api.nvim_create_autocmd('LspProgress', {
  pattern = 'end',
  callback = function(event)
    ended = event.data.params.value.message
  end,
})
client:exec_cmd({
  title = 'ask',
  command = 'codex.ask',
  arguments = { { prompt = 'fix the sum', textDocument = { uri = vim.uri_from_bufnr(0) } } },
})
T.wait('the turn ends', function()
  return ended
end)
T.eq('the end', ended, 'done, 1 file changed')
T.eq(
  'the buffer',
  T.text(),
  [[
// typed while it was asked
package calc

func Add(a, b int) int {
	return a + b
}]]
)
