-- An approval prompt is left to the notification that comes with it; any other
-- is asked as Neovim does. A closed picker answers null, never nothing.
local fake = require('fakeserver')
local server = fake.start()
local asked = {}
local choice
T.select(function(_, opts)
  table.insert(asked, opts.prompt)
  return choice
end)
local approve =
  { type = 3, message = 'Run?', actions = { { title = 'Approve' }, { title = 'Decline' } } }
T.eq('an approval', server:request('window/showMessageRequest', approve), vim.NIL)
T.eq('no picker', asked, {})

local login =
  { type = 3, message = 'Sign in?', actions = { { title = 'Open' }, { title = 'Later' } } }
T.eq('a closed picker', server:request('window/showMessageRequest', login), vim.NIL)
choice = 'Open'
T.eq('a choice', server:request('window/showMessageRequest', login), { title = 'Open' })
T.eq('pickers', #asked, 2)
