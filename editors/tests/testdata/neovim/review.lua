-- Three changes are marked. Lines are typed above them, one change is taken
-- back, one kept, and then the whole turn undone: what was typed stays.
local completed = T.events('CodexTurnCompleted')
local client = T.start('list.txt')
local buf = vim.api.nvim_get_current_buf()

-- The lines with a sign, as they look.
local function signs()
  local list = {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, -1, 0, -1, { details = true })) do
    if mark[4].sign_text then
      local line = vim.api.nvim_buf_get_lines(buf, mark[2], mark[2] + 1, false)[1] or ''
      list[#list + 1] = vim.trim(mark[4].sign_text) .. line
    end
  end
  return list
end

---@param want string[]
local function marked(want)
  T.wait('marks ' .. vim.inspect(want), function()
    return vim.deep_equal(signs(), want)
  end)
end

---@param text string
local function holds(text)
  T.wait('text ' .. text, function()
    return T.text(buf) == text
  end)
end

---@param line integer
local function at(line)
  T.wait('the cursor goes to line ' .. line, function()
    return vim.api.nvim_win_get_cursor(0)[1] == line
  end)
end

vim.cmd('Codex count better')
T.wait('the turn ends', function()
  return #completed > 0
end)
holds('ONE\ntwo\nthree\nfive\nsix\nseven\neight')
marked({ '~ONE', '‾five', '+eight' })

local win = vim.fn.bufwinid(buf)
vim.api.nvim_set_current_win(win)
vim.api.nvim_win_set_cursor(win, { 1, 0 })
vim.api.nvim_buf_set_lines(buf, 0, 0, false, { 'zero', 'half' })
marked({ '~ONE', '‾five', '+eight' })

at(3)
vim.cmd.CodexNext()
at(6)
vim.cmd.CodexReject()
holds('zero\nhalf\nONE\ntwo\nthree\nfour\nfive\nsix\nseven\neight')
marked({ '~ONE', '+eight' })

vim.cmd.CodexPrevious()
at(3)
vim.cmd.CodexKeep()
marked({ '+eight' })

vim.cmd.CodexKeep()
T.wait('nothing is there to keep', function()
  return T.said("no change of Codex's waits for review at line 3")
end)

vim.cmd.CodexUndo()
holds('zero\nhalf\none\ntwo\nthree\nfour\nfive\nsix\nseven')
marked({})

T.wait('the server says so', function()
  return T.said('put back')
end)
vim.cmd.CodexRedo()
T.wait('there is something to review again', function()
  return #signs() > 0
end)
client:stop(true)
marked({})
