-- The picker names the decisions, shows the whole command, and sends the one chosen.
local fake = require('fakeserver')
local server = fake.start()
server.replies['codex.approve'] = { accepted = true, decision = 'approved' }

local labels, shown
T.select(function(l, opts)
  labels, shown = l, { prompt = opts.prompt, kind = opts.kind, windows = {} }
  for _, win in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(win).relative == 'editor' then
      table.insert(shown.windows, T.text(vim.api.nvim_win_get_buf(win)))
    end
  end
  return 'Approve'
end)

local q = fake.question(
  't1/c1',
  { reason = 'to see\nit fail', cwd = '/srv/app', detail = 'go test \\\n  ./...' }
)
server:notify('codex/approval/requested', { threadId = 't1', question = q })
T.eq('what is sent', server:command(1), {
  command = 'codex.approve',
  argument = { id = 't1/c1', decision = 'approved' },
})
T.eq('the labels', labels, {
  'Approve',
  'Approve for this session',
  'Decline',
  'Decline, and say what to do instead',
  'Decline and stop',
})
T.eq('what is shown', shown, {
  prompt = 'Run `go test`?',
  kind = 'codex_approval',
  windows = { '# to see\n# it fail\n# in /srv/app\ngo test \\\n  ./...' },
})
T.eq('the preview is closed', #vim.api.nvim_list_wins(), 1)
server:notify(
  'codex/approval/resolved',
  { id = 't1/c1', answer = { decision = 'approved', by = 'user' } }
)
T.eq('nothing waits, and nothing is asked again', #server.ran, 1)
T.eq('nothing waits', require('codex').approvals(), {})
