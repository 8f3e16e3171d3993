-- The form of an MCP server is filled in field by field, and can be given up.
local fake = require('fakeserver')
local server = fake.start()
server.replies['codex.approve'] = { accepted = true, decision = 'approved' }

local texts = { '', 'Ada', 'young', '36', 'Red, Blue', nil }
local prompts = {}
vim.ui.input = function(opts, on_confirm)
  prompts[#prompts + 1] = opts.prompt
  on_confirm(texts[#prompts])
end
local picks = { 'Fill in', 'Large', 'Leave out', 'Fill in' }
local lists = {}
T.select(function(labels)
  lists[#lists + 1] = labels
  return picks[#lists]
end)

local form = {
  { name = 'name', title = 'Your name', type = 'string', required = true },
  { name = 'age', type = 'integer' },
  { name = 'colours', type = 'array', choices = { { value = 'r', title = 'Red' }, { value = 'b', title = 'Blue' } } },
  {
    name = 'size',
    type = 'string',
    default = 's',
    choices = { { value = 's', title = 'Small' }, { value = 'l', title = 'Large' } },
  },
  { name = 'gift', type = 'boolean' },
}
local opts = { kind = 'form', form = form, decisions = { 'approved', 'declined' } }
local q = fake.question('t1/c1/asks-1', opts)
server:notify('codex/approval/requested', { threadId = 't1', question = q })
T.eq('what is sent', server:command(1), {
  command = 'codex.approve',
  argument = {
    id = 't1/c1/asks-1',
    decision = 'approved',
    content = { name = 'Ada', age = 36, colours = { 'r', 'b' }, size = 'l' },
  },
})
T.eq('the prompts', prompts, {
  'Your name: ',
  'This is needed. Your name: ',
  'age (may be left out): ',
  'a whole number is needed. age (may be left out): ',
  'colours (may be left out), of Red, Blue: ',
})
T.eq('the lists', { lists[2], lists[3] }, {
  { 'Small (default)', 'Large', 'Leave out' },
  { 'Yes', 'No', 'Leave out' },
})
server:notify('codex/approval/resolved', { id = 't1/c1/asks-1', answer = { decision = 'approved' } })

q = fake.question('t1/c2/asks-1', opts)
server:notify('codex/approval/requested', { threadId = 't1', question = q })
T.wait('the first field', function()
  return #prompts == 6
end)
T.wait('that it waits', function()
  return T.said(':CodexApprove fills it in later')
end)
T.eq('it waits', #require('codex').approvals(), 1)
