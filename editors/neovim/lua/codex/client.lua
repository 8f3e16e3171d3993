-- The language server: the client to talk to, and how commands reach it.

local M = {}

---@param message string
---@param level? integer of vim.log.levels
function M.say(message, level)
  vim.notify('codex: ' .. message, level or vim.log.levels.INFO)
end

---@return boolean
local function is_file()
  return vim.bo.buftype == '' and vim.api.nvim_buf_get_name(0) ~= ''
end

-- The client of this buffer; for a buffer that is no file, any that runs.
---@return vim.lsp.Client?
local function running()
  local attached = vim.lsp.get_clients({ name = 'codex', bufnr = 0 })[1]
  if attached or is_file() then
    return attached
  end
  local clients = vim.lsp.get_clients({ name = 'codex' })
  local cwd = vim.fn.getcwd()
  return vim.iter(clients):find(function(c)
    return c.root_dir == cwd
  end) or clients[1]
end

-- Also starts what vim.lsp.enable would not: for a buffer without a filetype,
-- for none at all, and after a crash. A client with the same root is reused.
---@param ready fun(client: vim.lsp.Client)
---@return integer? id
local function start(ready)
  local config = vim.deepcopy(vim.lsp.config.codex)
  if type(config.cmd) == 'table' and vim.fn.executable(config.cmd[1]) == 0 then
    M.say(
      ('%s is not on your PATH; install it, or name it with '):format(config.cmd[1])
        .. "vim.lsp.config('codex', { cmd = { … } })",
      vim.log.levels.ERROR
    )
    return nil
  end
  config.root_dir = vim.fs.root(is_file() and 0 or vim.fn.getcwd(), config.root_markers)
    or vim.fn.getcwd()
  local inits = type(config.on_init) == 'table' and config.on_init or { config.on_init }
  config.on_init = vim.list_extend({ ready }, inits --[[@as table]])
  return vim.lsp.start(config, { attach = is_file(), reuse_client = config.reuse_client })
end

--- Calls back with a client that is ready, started if need be. Says so when
--- there can be none.
---@param use fun(client: vim.lsp.Client)
function M.with(use)
  local then_use = use
  use = function(c)
    require('codex.resume').all(c, function()
      then_use(c)
    end)
  end
  local client = running()
  if client then
    return use(client)
  end
  local done, attached = false, nil
  local function ready(c)
    if done then
      return
    end
    done = true
    if attached then
      vim.api.nvim_del_autocmd(attached)
    end
    vim.schedule(function()
      use(c)
    end)
  end
  local id = start(ready)
  client = id and vim.lsp.get_client_by_id(id)
  if not client or client.initialized then
    return client and ready(client)
  end
  -- A reused one that is still starting has another on_init.
  attached = vim.api.nvim_create_autocmd('LspAttach', {
    callback = function(event)
      if event.data.client_id == id then
        ready(client)
      end
    end,
  })
end

--- Runs a command of the server. An error is shown, and handed to failed.
---@param client vim.lsp.Client
---@param command string
---@param argument table
---@param use? fun(result: any)
---@param failed? fun(err: lsp.ResponseError)
function M.run(client, command, argument, use, failed)
  local params = {
    command = command,
    arguments = { next(argument) and argument or vim.empty_dict() },
  }
  client:request('workspace/executeCommand', params, function(err, result)
    if err then
      M.say(err.message, vim.log.levels.ERROR)
      if failed then
        failed(err)
      end
    elseif use then
      use(result)
    end
  end)
end

return M
