-- :CodexServers, :CodexTerminals, :CodexTrust and :CodexAccount.
local server = require('fakeserver').start()
server.replies['codex.listServers'] = {
  { name = 'attic', state = 'failed', tools = 0, error = 'MCP server `attic`: no such file' },
  { name = 'people', state = 'ready', tools = 10 },
  { name = 'web', state = 'failed', tools = 0, error = 'MCP server `web`: 401', signsIn = true },
}
local seen, pick
T.select(function(labels)
  seen = labels
  return pick
end)

pick = 'web: failed, 401'
vim.cmd.CodexServers()
T.eq('signed in to', server:command(2).command, 'codex.loginServer')
T.eq('by its name', server:command(2).argument.name, 'web')
T.eq('the servers', seen, { 'attic: failed, no such file', 'people: 10 tools', 'web: failed, 401' })
pick = 'attic: failed, no such file'
vim.cmd.CodexServers()
T.wait('why', function()
  return T.said('MCP server `attic`: no such file')
end)

server.replies['codex.listTerminals'] = {
  { id = 7, command = 'npm run\nwatch', cwd = '/srv/app', state = 'running' },
  { id = 8, command = 'make', cwd = '/srv/app', state = 'ended' },
}
pick = 'npm run watch (/srv/app)'
vim.cmd.CodexTerminals()
T.eq('ended', server:command(5), { command = 'codex.killTerminal', argument = { id = 7 } })
T.eq('those that run', seen, { pick })

server.replies['codex.trust'] = { project = '/srv/app', trust = 'trusted' }
pick = 'Do not trust it'
vim.cmd.CodexTrust()
T.eq('decided', server:command(7).argument.trust, 'untrusted')
T.eq('the decisions', seen, { 'Trust it (now)', 'Do not trust it' })

server.replies['codex.account'] = { method = 'chatgpt', email = 'ada@example.com', plan = 'plus' }
vim.cmd.CodexAccount()
T.wait('who', function()
  return T.said('signed in as ada@example.com (plus)')
end)
