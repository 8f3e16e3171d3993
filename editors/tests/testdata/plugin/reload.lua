-- codex/reloadDocuments reads changed files again, but never over what was typed.
local fake = require('fakeserver')
local dir = vim.fn.tempname()
vim.fn.mkdir(dir)
local clean, dirty = vim.fs.joinpath(dir, 'clean.txt'), vim.fs.joinpath(dir, 'dirty.txt')
T.file(clean, 'old\n')
T.file(dirty, 'old\n')
local server = fake.start(dirty)
vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'typed' })
vim.cmd.edit(clean)
T.file(clean, 'a formatter wrote this\n')
T.file(dirty, 'and this\n')
local uris =
  { vim.uri_from_fname(clean), vim.uri_from_fname(dirty), vim.uri_from_fname(dir .. '/no') }
local reply = server:request('codex/reloadDocuments', { uris = uris })
T.eq('the reply', vim.json.encode(reply), '{}')
T.eq('clean', T.text(vim.fn.bufnr(clean)), 'a formatter wrote this')
T.eq('still clean', vim.bo[vim.fn.bufnr(clean)].modified, false)
T.eq('dirty', T.text(vim.fn.bufnr(dirty)), 'typed')
