-- While the editor asks, another terminal answers. The command that runs then
-- finds the same door shut.
local completed = T.events('CodexTurnCompleted')
T.start('notes.txt')
local asked = 0
vim.ui.select = function()
  asked = asked + 1 -- and nobody chooses
end

---@param ... string
---@return vim.SystemCompleted
local function terminal(...)
  return vim.system({ 'codex-lsp', 'approve', ... }, { text = true }):wait()
end

T.eq('nothing waits', terminal().stdout, 'nothing waits for an answer\n')
vim.cmd('Codex make it')
T.wait('the editor asks', function()
  return asked > 0
end)
local list = vim.json.decode(terminal('--json').stdout)
T.eq('one waits', #list, 1)
assert(terminal().stdout:find('  | /proc/$PPID/exe approve', 1, true), 'the list shows the whole command')
local said = terminal(list[1].callId)
T.eq('it is answered', { said.code, said.stdout }, { 0, list[1].id .. ': approved\n' })
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the end', { completed[1].status, completed[1].answer }, { 'completed', 'Made.' })
local output = T.file('made.txt')
assert(output:find('a command that the agent runs cannot answer for the user', 1, true), output)
local late = terminal(list[1].id)
T.eq('it is too late', late.code, 1)
assert(late.stderr:find('was answered before: approved', 1, true), late.stderr)
