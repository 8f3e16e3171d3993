-- Two questions at once are asked one after the other, and what another
-- surface decides meanwhile is not asked at all.
local fake = require('fakeserver')
local server = fake.start()
server.replies['codex.approve'] = { accepted = true, decision = 'approved' }

local open, most, prompts, answer = 0, 0, {}, nil
vim.ui.select = function(items, opts, on_choice)
  open = open + 1
  most = math.max(most, open)
  table.insert(prompts, opts.prompt)
  answer = function(i)
    open = open - 1
    on_choice(items[i], i)
  end
end

for i = 1, 3 do
  local q = fake.question('t1/c' .. i, { title = 'Run ' .. i })
  server:notify('codex/approval/requested', { question = q })
end
T.wait('the first picker', function()
  return #prompts == 1
end)
server:notify('codex/approval/resolved', { id = 't1/c2' })
answer(1)
T.eq('the first answer', server:command(1).argument.id, 't1/c1')
T.wait('the picker of the third', function()
  return #prompts == 2
end)
T.eq('what was asked', prompts, { 'Run 1', 'Run 3' })
T.eq('pickers open at once', most, 1)

-- The third is resolved elsewhere while its picker is open.
server:notify('codex/approval/resolved', { id = 't1/c3' })
T.eq('its preview is closed', #vim.api.nvim_list_wins(), 1)
answer(1)
server:notify('codex/approval/resolved', { id = 't1/c1' })
T.eq('nothing more is sent', #server.ran, 1)
T.eq('nothing waits', require('codex').approvals(), {})
