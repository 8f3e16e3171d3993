-- A form of an MCP server is filled in, and the servers are listed as they stand.
local completed = T.events('CodexTurnCompleted')
T.start('notes.txt')
local lists = {}
T.select(function(labels, opts)
  lists[opts.prompt] = labels
  for _, wanted in ipairs({ 'Approve', 'Fill in', 'l' }) do
    if vim.list_contains(labels, wanted) then
      return wanted
    end
  end
end)
vim.ui.input = function(_, on_confirm)
  on_confirm('Ada')
end
vim.cmd('Codex Please register me.')
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the end', { completed[1].status, completed[1].answer }, { 'completed', 'You are on the list.' })
vim.cmd.CodexServers()
T.wait('the servers', function()
  return lists['MCP servers']
end)
local servers = table.concat(lists['MCP servers'], '\n')
assert(servers:find('people: 10 tools', 1, true), servers)
assert(servers:find('cellar: turned off in the settings', 1, true), servers)
assert(servers:find('attic: failed, ', 1, true), servers)
