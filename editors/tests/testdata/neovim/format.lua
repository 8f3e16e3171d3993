-- A formatter that the agent runs changes files whose buffers are clean and
-- dirty: buffers and disk agree afterwards, and nothing typed is gone.
local completed = T.events('CodexTurnCompleted')
T.start('clean.txt')
local clean = vim.api.nvim_get_current_buf()
vim.cmd.edit('dirty.txt')
local dirty = vim.api.nvim_get_current_buf()
vim.api.nvim_buf_set_lines(dirty, -1, -1, false, { 'typed' })
T.select(function(labels)
  return labels[1]
end)
vim.cmd('Codex format the files')
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the clean buffer', T.text(clean), 'one\n two\nthree')
T.eq('the clean buffer is clean', vim.bo[clean].modified, false)
T.eq('the dirty buffer', T.text(dirty), 'one\n two\nthree\ntyped')
T.eq('the disk', T.file('dirty.txt'), 'one\n two\nthree\n')
vim.cmd.write()
T.eq('saved', T.file('dirty.txt'), 'one\n two\nthree\ntyped\n')
vim.cmd.CodexUndo()
T.wait('the command is undone', function()
  return T.text(clean) == 'one\ntwo\nthree' and T.text(dirty) == 'one\ntwo\nthree\ntyped'
end)
