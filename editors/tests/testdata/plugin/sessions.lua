-- :CodexSessions lists conversations and does what is chosen with one;
-- :CodexCompact summarises, and with ! takes that back.
local server = require('fakeserver').start()
local found = { threadId = 't1', title = 'fix\nthe parser', written = '2026-01-02T03:04:05Z' }
server.replies['codex.listSessions'] = { threads = { found } }
server.replies['codex.resume'] = { threadId = 't1', cwd = '/', title = 'fix' }
server.replies['codex.forkThread'] = { threadId = 't2', cwd = '/', title = 'fix' }
server.replies['codex.exportThread'] = { markdown = '## You\n\nfix the parser\n' }

local seen
---@param picks string[]
local function choosing(picks)
  seen = {}
  T.select(function(labels)
    seen[#seen + 1] = labels
    return picks[#seen]
  end)
end

---@param n integer
local function ran(n)
  local c = server:command(n)
  c.argument.cwd = nil
  return { c.command, c.argument }
end

local line = '2026-01-02  fix the parser'
choosing({ line, 'Open' })
vim.cmd.CodexSessions()
T.eq('opened', { ran(1), ran(2), ran(3) }, {
  { 'codex.listSessions', {} },
  { 'codex.resume', { threadId = 't1' } },
  { 'codex.openChat', { threadId = 't1' } },
})
T.eq('the acts', seen[2], {
  'Open',
  'Fork: go on in a copy',
  'Rename',
  'Export as Markdown',
  'Archive',
  'Delete',
})

choosing({ line, 'Fork: go on in a copy' })
vim.cmd.CodexSessions()
T.eq('copied', { ran(5), ran(6) }, {
  { 'codex.forkThread', { threadId = 't1' } },
  { 'codex.openChat', { threadId = 't2' } },
})
vim.cmd.CodexCompact()
T.eq('the copy is spoken to', ran(7), { 'codex.compact', { threadId = 't2' } })
vim.cmd({ cmd = 'CodexCompact', bang = true })
T.eq('taken back', ran(8), { 'codex.undoCompact', { threadId = 't2' } })

vim.ui.input = function(opts, on_confirm)
  on_confirm(opts.prompt .. 'parser')
end
choosing({ line, 'Rename' })
vim.cmd.CodexSessions()
T.eq('renamed', ran(10), { 'codex.renameThread', { threadId = 't1', name = 'Name: parser' } })
choosing({ line, 'Export as Markdown' })
vim.cmd.CodexSessions()
T.eq('exported', ran(12), { 'codex.exportThread', { threadId = 't1' } })
T.wait('the text', function()
  return T.text() == '## You\n\nfix the parser'
end)
choosing({ line, 'Delete', 'Keep it' })
vim.cmd.CodexSessions()
T.eq('listed', ran(13)[1], 'codex.listSessions')
T.wait('whether it is sure', function()
  return #seen == 3
end)
choosing({ line, 'Delete', 'Delete for good' })
vim.cmd.CodexSessions()
T.eq('deleted', ran(15), { 'codex.deleteThread', { threadId = 't1', confirmed = true } })
choosing({ line, 'Archive' })
vim.cmd.CodexSessions()
T.eq('archived', ran(17), { 'codex.archiveThread', { threadId = 't1' } })

found.archived = true
choosing({ line, 'Bring back and open' })
vim.cmd({ cmd = 'CodexSessions', bang = true })
T.eq('brought back', { ran(18), ran(19) }, {
  { 'codex.listSessions', { archived = true } },
  { 'codex.archiveThread', { threadId = 't1', back = true } },
})
T.eq('what can be done with an archived one', seen[2][1], 'Bring back and open')
server:command(21)

local hit = vim.tbl_extend('force', found, { excerpt = 'the …parser…', archived = false })
server.replies['codex.searchSessions'] = { hits = { hit } }
choosing({})
vim.cmd.CodexSessions('parser tokens')
T.eq('searched', ran(22), { 'codex.searchSessions', { text = 'parser tokens' } })
T.wait('the hits', function()
  return #seen == 1
end)
T.eq('a hit', seen[1], { line .. ': the …parser…' })
