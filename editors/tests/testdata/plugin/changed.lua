-- :CodexChanged fills the quickfix list.
local fake = require('fakeserver')
local server = fake.start()
server.replies['codex.changedFiles'] = { { path = '/srv/a.go', kind = 'update', turnId = 'u1' } }
vim.cmd.CodexChanged()
T.wait('the list', function()
  return #vim.fn.getqflist() == 1
end)
local item = vim.fn.getqflist()[1]
T.eq('the item', { vim.fn.bufname(item.bufnr), item.text }, { '/srv/a.go', 'update' })
server.replies['codex.changedFiles'] = {}
vim.cmd.CodexChanged()
T.wait('no file', function()
  return T.said('no file was changed')
end)
