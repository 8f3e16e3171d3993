-- Marks are drawn where the server says, follow the text, and go with it.
local server = require('fakeserver').start()
local buf = vim.api.nvim_get_current_buf()
vim.api.nvim_buf_set_lines(buf, 0, -1, false, { 'ONE', 'two', 'three', 'five', 'six' })
local uri = vim.uri_from_bufnr(buf)

local function hunk(from, to, removed, added)
  return {
    id = removed .. added,
    range = {
      start = { line = from, character = 0 },
      ['end'] = { line = to, character = 0 },
    },
    removed = removed,
    added = added,
  }
end

-- What is drawn: the line, the sign, its group, the line's group, and what was removed.
local function drawn()
  local marks = vim.api.nvim_buf_get_extmarks(buf, -1, 0, -1, { details = true })
  local list = {}
  for _, mark in ipairs(marks) do
    local d, removed = mark[4], {}
    for _, line in ipairs(d.virt_lines or {}) do
      T.eq('the group of what was removed', line[1][2], 'CodexRemoved')
      removed[#removed + 1] = (d.virt_lines_above and '^' or '') .. line[1][1]
    end
    list[#list + 1] = vim.trim(
      table.concat(
        vim.list_extend({
          mark[2],
          vim.trim(d.sign_text or ''),
          d.sign_hl_group or '',
          d.line_hl_group or '',
        }, removed),
        ' '
      )
    )
  end
  table.sort(list)
  return list
end

local function marks(hunks)
  server:notify('codex/review/marks', { uri = uri, version = 1, hunks = hunks })
end

local events = T.events('CodexReviewMarks')
local changed = hunk(0, 1, 'one\r\n', 'ONE\n')
marks({
  changed,
  hunk(1, 3, '', 'two\nthree\n'),
  hunk(3, 3, 'four\n\n', ''),
  hunk(5, 5, 'seven\n', ''),
})
T.eq('the marks', drawn(), {
  '0    ^one',
  '0 ~ CodexChangedSign CodexChanged',
  '1 + CodexAddedSign CodexAdded',
  '2 + CodexAddedSign CodexAdded',
  '3    ^four ^',
  '3 ‾ CodexRemovedSign',
  '4    seven',
  '4 _ CodexRemovedSign',
})
T.eq('the event', #events[1].hunks, 4)
T.eq('the group', vim.api.nvim_get_hl(0, { name = 'CodexAddedSign' }).link, 'Added')

vim.api.nvim_buf_set_lines(buf, 0, 0, false, { 'typed' })
T.eq('they follow the text', drawn()[1], '1    ^one')

vim.g.codex = { review = { removed = false } }
marks({ changed })
T.eq('without what was removed', drawn(), { '0 ~ CodexChangedSign CodexChanged' })
local elsewhere = { uri = 'file:///not/loaded', version = 1, hunks = { changed } }
server:notify('codex/review/marks', elsewhere)
T.eq('those of other files are theirs', drawn(), { '0 ~ CodexChangedSign CodexChanged' })

-- The commands say what is meant.
local place = { line = 3, character = 0 }
vim.api.nvim_win_set_cursor(0, { 4, 1 })
server.replies['codex.acceptHunk'] = { hunks = 1 }
server.replies['codex.rejectHunk'] = { hunks = 0 }
server.replies['codex.nextHunk'] = { uri = uri, range = changed.range }
server.replies['codex.previousHunk'] = vim.NIL
vim.cmd.CodexKeep()
T.wait('the first', function()
  return #server.ran == 1
end)
vim.cmd('CodexReject!')
T.wait('none is left', function()
  return T.said('codex: no change waits for review in this file')
end)
vim.cmd.CodexNext()
vim.cmd.CodexPrevious()
T.wait('there is no other', function()
  return #T.messages == 2
end)
T.eq('messages', T.messages, {
  'codex: no change waits for review in this file',
  'codex: no change waits for review',
})
local file = { uri = uri }
T.eq('commands', server.ran, {
  { command = 'codex.acceptHunk', argument = { textDocument = file, position = place } },
  { command = 'codex.rejectHunk', argument = { textDocument = file } },
  { command = 'codex.nextHunk', argument = { textDocument = file, position = place } },
  { command = 'codex.previousHunk', argument = { textDocument = file, position = place } },
})

server:exit(1, 0)
T.wait('the marks go with the server', function()
  return #drawn() == 0
end)
