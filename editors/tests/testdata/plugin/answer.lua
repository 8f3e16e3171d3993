-- The answer window follows the turn, and leaves the cursor where it is.
local fake = require('fakeserver')
local server = fake.start()
server.replies['codex.ask'] = { threadId = 't1', turnId = 'u1' }
local function tell(method, params)
  server:notify(
    'codex/' .. method,
    vim.tbl_extend('error', { threadId = 't1', turnId = 'u1' }, params)
  )
end
local from = vim.api.nvim_get_current_win()
vim.cmd('Codex make it pass')
T.wait('the window', function()
  return #vim.api.nvim_list_wins() == 2
end)
T.eq('the cursor stays', vim.api.nvim_get_current_win(), from)
local win = vim.api.nvim_list_wins()[2]
local buf = vim.api.nvim_win_get_buf(win)

tell('turn/started', { prompt = 'make it pass\nplease' })
tell('item/agentMessage/delta', { itemId = 'm1', delta = 'Let me ' })
tell('item/agentMessage/delta', { itemId = 'm1', delta = 'look.\nSoon.' })
tell(
  'item/completed',
  { item = { id = 'm1', type = 'agentMessage', text = 'Let me look.\nSoon.' } }
)
tell('item/started', { item = { id = 'c1', type = 'commandExecution', command = 'go test ./...' } })
tell(
  'item/completed',
  { item = { id = 'c1', type = 'commandExecution', exitCode = 1, status = 'completed' } }
)
tell('item/completed', {
  item = {
    id = 'p1',
    type = 'fileChange',
    status = 'declined',
    changes = { { path = vim.fn.getcwd() .. '/a.go', kind = 'update' } },
  },
})
tell('item/completed', { item = { id = 'm2', type = 'agentMessage', text = 'Done.' } })
tell('turn/completed', { status = 'completed', changedFiles = { '/srv/a.go' } })
T.eq('the text', vim.split(T.text(buf), '\n'), {
  '# make it pass',
  '',
  'Let me look.',
  'Soon.',
  '',
  '`$ go test ./...` exit 1',
  '',
  '`update a.go` declined',
  '',
  'Done.',
})
T.eq('the window follows', vim.api.nvim_win_get_cursor(win)[1], 10)
assert(T.said('codex: done, 1 file changed'))

tell('turn/started', { prompt = 'again' })
tell('turn/completed', { status = 'failed', error = 'no key\nset OPENAI_API_KEY' })
T.eq('the end', vim.api.nvim_buf_get_lines(buf, -5, -1, false), {
  '# again',
  '',
  '**Failed:** no key',
  'set OPENAI_API_KEY',
}, 'failed')
vim.cmd.CodexAnswer()
T.eq('hidden', #vim.api.nvim_list_wins(), 1)
vim.cmd.CodexAnswer()
T.eq('shown again', vim.api.nvim_win_get_buf(vim.api.nvim_list_wins()[2]), buf)
