-- A prompt about unsaved text ends as an edit of it, beside what else was typed.
local completed = T.events('CodexTurnCompleted')
T.start('calc.go')
local buf = vim.api.nvim_get_current_buf()
vim.api.nvim_buf_set_lines(buf, -1, -1, false, { '', '// typed, and not saved' })
local titles = {}
T.select(function(labels, opts)
  titles[#titles + 1] = opts.prompt
  return labels[1]
end)

vim.cmd('3,5Codex fix the sum')
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the end', { completed[1].status, completed[1].answer }, { 'completed', 'Fixed.' })
T.eq('one approval', #titles, 1)
T.eq(
  'the buffer',
  T.text(buf),
  [[
package calc

func Add(a, b int) int {
	return a + b
}

// typed, and not saved]]
)
T.eq('unsaved', vim.bo[buf].modified, true)
T.eq('on disk', T.file('calc.go'):match('return a . b'), 'return a - b')
assert(T.said('codex: done, 1 file changed'))
vim.cmd.undo()
T.eq('undone by one key', T.text(buf):match('return a . b'), 'return a - b')
