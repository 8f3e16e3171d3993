-- codex/saveDocuments writes what it may, and names what it could not.
local fake = require('fakeserver')
local dir = vim.fn.tempname()
vim.fn.mkdir(dir)
local function path(name)
  return vim.fs.joinpath(dir, name .. '.txt')
end
for _, name in ipairs({ 'dirty', 'clean', 'readonly', 'raced' }) do
  T.file(path(name), 'old\n')
end
local server = fake.start(path('clean'))
for _, name in ipairs({ 'dirty', 'readonly', 'raced' }) do
  vim.cmd.edit(path(name))
  vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'typed' })
  vim.bo.readonly = name == 'readonly'
end
T.file(path('raced'), 'changed behind the buffer\n')

local uris = vim.tbl_map(function(name)
  return vim.uri_from_fname(path(name))
end, { 'clean', 'dirty', 'readonly', 'raced', 'not open' })
T.eq('the reply', server:request('codex/saveDocuments', { uris = uris }), {
  unsaved = { uris[3], uris[4] },
})
local function disk(name)
  return T.file(path(name))
end
T.eq('saved', disk('dirty'), 'typed\n')
T.eq('read-only', disk('readonly'), 'old\n')
T.eq('changed on disk', disk('raced'), 'changed behind the buffer\n')
T.eq('the buffer keeps what was typed', T.text(vim.fn.bufnr(path('raced'))), 'typed')
