-- :Codex sends the prompt with the file, and the lines or characters of a range.
vim.g.codex = { answer = { open = false } }
local fake = require('fakeserver')
local server = fake.start()
server.replies['codex.ask'] = { threadId = 't1', turnId = 'u1' }
server.replies['codex.newThread'] = { threadId = 't2' }
vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'héllo world', 'second', 'third' })
local uri = vim.uri_from_bufnr(0)
local doc = { uri = uri }

vim.cmd('Codex fix "this" | that')
T.eq('a prompt', server:command(1), {
  command = 'codex.ask',
  argument = { prompt = 'fix "this" | that', textDocument = doc },
})
vim.cmd('2,3Codex shorten')
T.eq('lines', server:command(2).argument, {
  prompt = 'shorten',
  textDocument = doc,
  range = { start = { line = 1, character = 0 }, ['end'] = { line = 3, character = 0 } },
})
vim.cmd('normal! 1G0wve\27')
vim.cmd("'<,'>Codex rename")
T.eq('a selection, in utf-16', server:command(3).argument.range, {
  start = { line = 0, character = 6 },
  ['end'] = { line = 0, character = 11 },
})

vim.ui.input = function(_, on_confirm)
  on_confirm('typed later')
end
vim.cmd.Codex()
T.eq('a prompt that is asked for', server:command(4).argument.prompt, 'typed later')
vim.ui.input = function(_, on_confirm)
  on_confirm(nil)
end
vim.cmd.Codex()

vim.cmd('Codex! start over')
T.eq('a new thread', server:command(5).command, 'codex.newThread')
T.eq('is spoken to', server:command(6).argument, { prompt = 'start over', textDocument = doc })
vim.cmd('CodexSteer and be brief')
T.eq(
  'steering',
  server:command(7),
  { command = 'codex.steer', argument = { prompt = 'and be brief' } }
)
vim.cmd.CodexInterrupt()
T.eq('interrupting', server:command(8), { command = 'codex.interrupt', argument = {} })
vim.cmd.new()
vim.cmd('Codex where am I')
T.eq('without a file', server:command(9).argument, {
  prompt = 'where am I',
  cwd = vim.fn.getcwd(),
})

server.replies['codex.ask'] = { error = 'the prompt is too long' }
vim.cmd('Codex x')
T.wait('an error is shown', function()
  return T.said('codex: the prompt is too long')
end)
