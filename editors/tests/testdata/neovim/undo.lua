-- A turn is taken back over what was typed since, and made again.
local completed = T.events('CodexTurnCompleted')
T.start('calc.go')
local buf = vim.api.nvim_get_current_buf()
T.select(function(labels)
  return labels[1]
end)
vim.cmd('Codex fix the sum')
T.wait('the turn ends', function()
  return #completed > 0
end)
vim.api.nvim_buf_set_lines(buf, 0, 0, false, { '// typed since' })

local function with(sum)
  return ([[
// typed since
package calc

func Add(a, b int) int {
	return a %s b
}]]):format(sum)
end

---@param times integer that the server has said what it put back
local function said(times)
  T.wait('it is said', function()
    local message = table.concat(T.messages, '\n')
    return select(2, message:gsub('put back', '')) == times
  end)
end

vim.cmd.CodexUndo()
T.wait('the turn is undone', function()
  return T.text(buf) == with('-')
end)
said(1)
vim.cmd.CodexRedo()
T.wait('the turn is redone', function()
  return T.text(buf) == with('+')
end)
said(2)
vim.cmd.CodexRedo()
T.wait('there is no more', function()
  return T.said('nothing to redo')
end)
