-- Defines the commands. Nothing is loaded until one is used.

if vim.g.loaded_codex then
  return
end
vim.g.loaded_codex = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.notify('codex: Neovim 0.11 or newer is needed', vim.log.levels.ERROR)
  return
end

local command = vim.api.nvim_create_user_command

command('Codex', function(cmd)
  require('codex.ask').command(cmd)
end, {
  nargs = '*',
  range = true,
  bang = true,
  desc = 'Ask Codex; with a range about these lines, with ! in a new thread',
})

---@type table<string, { [1]: fun(cmd: vim.api.keyset.create_user_command.command_args), desc: string, nargs?: string, bang?: boolean }>
local commands = {
  Account = {
    function()
      require('codex.account').show()
    end,
    desc = 'Say who is signed in',
  },
  Answer = {
    function()
      require('codex.answer').toggle()
    end,
    desc = 'Show or hide the answer window',
  },
  Approve = {
    function()
      require('codex.approve').pick()
    end,
    desc = 'Decide what waits for approval',
  },
  Changed = {
    function()
      require('codex.files').changed()
    end,
    desc = 'List the files that Codex changed',
  },
  Chat = {
    function()
      require('codex.chat').open()
    end,
    desc = 'Open the chat document',
  },
  Compact = {
    function(cmd)
      require('codex.sessions').compact(cmd.bang)
    end,
    bang = true,
    desc = 'Go on with a summary of the conversation; with ! without it again',
  },
  Interrupt = {
    function()
      require('codex.ask').interrupt()
    end,
    desc = 'Stop the running turn',
  },
  Keep = {
    function(cmd)
      require('codex.review').decide('codex.acceptHunk', cmd.bang)
    end,
    bang = true,
    desc = 'Keep the change at the cursor; with ! all in the file',
  },
  Login = {
    function(cmd)
      require('codex.account').login(cmd.bang)
    end,
    bang = true,
    desc = 'Sign in with ChatGPT; with ! by a code',
  },
  Logout = {
    function()
      require('codex.account').logout()
    end,
    desc = 'Remove the credentials',
  },
  New = {
    function()
      require('codex.ask').new()
    end,
    desc = 'Start a new thread',
  },
  Next = {
    function()
      require('codex.review').move('codex.nextHunk')
    end,
    desc = 'Go to the next change that waits for review',
  },
  Previous = {
    function()
      require('codex.review').move('codex.previousHunk')
    end,
    desc = 'Go to the previous change that waits for review',
  },
  Redo = {
    function()
      require('codex.ask').undo('codex.redoTurn')
    end,
    desc = 'Make the changes again that were undone last',
  },
  Reject = {
    function(cmd)
      require('codex.review').decide('codex.rejectHunk', cmd.bang)
    end,
    bang = true,
    desc = 'Take back the change at the cursor; with ! all in the file',
  },
  Resume = {
    function()
      require('codex.ask').resume()
    end,
    desc = 'Go on with the last conversation about this folder',
  },
  Servers = {
    function()
      require('codex.servers').pick()
    end,
    desc = 'List the MCP servers, and sign in to one',
  },
  Sessions = {
    function(cmd)
      require('codex.sessions').pick(cmd.args, cmd.bang)
    end,
    nargs = '*',
    bang = true,
    desc = 'List conversations, or those with these words; with ! the archived ones',
  },
  Status = {
    function()
      require('codex.progress').show()
    end,
    desc = 'Say what Codex is doing',
  },
  Model = {
    function(cmd)
      require('codex.ask').model(cmd.fargs[1], cmd.fargs[2])
    end,
    nargs = '*',
    desc = 'Choose the model and the effort of the thread',
  },
  Steer = {
    function(cmd)
      require('codex.ask').steer(cmd.args)
    end,
    nargs = '+',
    desc = 'Say something to the running turn',
  },
  Terminals = {
    function()
      require('codex.servers').terminals()
    end,
    desc = 'End a command that was left running',
  },
  Trust = {
    function()
      require('codex.servers').trust()
    end,
    desc = 'Decide whether the project is trusted',
  },
  Undo = {
    function()
      require('codex.ask').undo('codex.undoTurn')
    end,
    desc = "Take back the last turn's changes",
  },
  Threads = {
    function()
      require('codex.ask').switch()
    end,
    desc = 'Choose the thread that :Codex speaks to',
  },
}

for name, c in pairs(commands) do
  command('Codex' .. name, c[1], { nargs = c.nargs or 0, bang = c.bang, desc = c.desc })
end

local plug = {
  ask = { { 'n', 'x' }, ':Codex<CR>' },
  approve = { 'n', '<Cmd>CodexApprove<CR>' },
  chat = { 'n', '<Cmd>CodexChat<CR>' },
  interrupt = { 'n', '<Cmd>CodexInterrupt<CR>' },
  keep = { 'n', '<Cmd>CodexKeep<CR>' },
  next = { 'n', '<Cmd>CodexNext<CR>' },
  previous = { 'n', '<Cmd>CodexPrevious<CR>' },
  reject = { 'n', '<Cmd>CodexReject<CR>' },
}
for name, map in pairs(plug) do
  vim.keymap.set(map[1], ('<Plug>(codex-%s)'):format(name), map[2], { silent = true })
end

local group = vim.api.nvim_create_augroup('codex', {})

vim.api.nvim_create_autocmd('LspProgress', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'codex' then
      require('codex.progress').heard(client.id, event.data.params)
    end
  end,
})

vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile' }, {
  group = group,
  pattern = '*.codex.md',
  callback = function(event)
    require('codex.chat').equip(event.buf)
  end,
})
