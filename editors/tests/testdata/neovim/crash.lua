-- A server that is killed says so; the next :Codex starts another, which goes on
-- with the same thread.
local completed = T.events('CodexTurnCompleted')
local client = T.start('notes.txt')
vim.cmd('Codex My name is Ada.')
T.wait('the first turn ends', function()
  return #completed > 0
end)
vim.cmd('Codex think')
T.wait('the turn runs', function()
  return require('codex').status() ~= ''
end)
vim.system({ 'pkill', '-KILL', '-P', tostring(vim.uv.os_getpid()), '-x', 'codex-lsp' }):wait()
T.wait('the user hears of it', function()
  return T.said('codex: the server ended (exit code 0, signal 9); :Codex starts it again')
end)
T.wait('nothing is done', function()
  return require('codex').status() == '' and not vim.lsp.get_client_by_id(client.id)
end)
vim.cmd('Codex Who am I?')
T.wait('the turn ends', function()
  return #completed > 1
end)
T.eq('the end', { completed[2].status, completed[2].answer }, { 'completed', 'You are Ada.' })
T.eq('the thread', completed[2].threadId, completed[1].threadId)
