-- A change through a real repository: one buffer with unsaved text, one clean,
-- one file that is not open, one made, one gone, and the module's own tests.
local completed = T.events('CodexTurnCompleted')
T.start('engines.go')
local engines = vim.api.nvim_get_current_buf()
vim.cmd.edit('common.go')
local common = vim.api.nvim_get_current_buf()
vim.api.nvim_buf_set_lines(common, 0, 0, false, { '// Typed, and not saved.' })
local asked = {}
T.select(function(labels, opts)
  asked[#asked + 1] = opts.prompt
  return labels[1]
end)

vim.cmd('Codex count the models and the fresh tokens, and run the tests')
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the end', { completed[1].status, completed[1].answer }, { 'completed', 'Counted.' })
T.eq('approvals', #asked, 2)
assert(T.text(common):find('^// Typed, and not saved%.\npackage openai'), T.text(common))
assert(T.text(common):find('func (u Usage) Fresh() int {', 1, true))
assert(T.text(engines):find('which models have replaced', 1, true))
T.eq('saved', { vim.bo[common].modified, vim.bo[engines].modified }, { false, false })
T.eq('other buffers', vim.fn.bufnr('models.go'), -1)
