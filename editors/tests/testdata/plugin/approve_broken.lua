-- A picker that fails, as Neovim's list does on CTRL-C, or that never answers
-- does not lose the question.
local fake = require('fakeserver')
local server = fake.start()
vim.ui.select = function()
  error('Keyboard interrupt')
end
server:notify('codex/approval/requested', { question = fake.question('t1/c1') })
T.wait('it is put off', function()
  return T.said(':CodexApprove decides later')
end)
T.eq('the preview is closed', #vim.api.nvim_list_wins(), 1)

vim.ui.select = function() end
vim.cmd.CodexApprove()
T.eq('the preview is open', #vim.api.nvim_list_wins(), 2)
T.select(function()
  return 'Approve'
end)
vim.cmd.CodexApprove()
T.eq('what is sent', server:command(1).argument, { id = 't1/c1', decision = 'approved' })
T.eq('the preview is closed', #vim.api.nvim_list_wins(), 1)
