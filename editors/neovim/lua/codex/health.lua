-- :checkhealth codex answers why it does not work, from the ground up.

local health = vim.health

local M = {}

-- The binary answers within milliseconds, unless the disk is slow.
local timeout = 10000

local function check_neovim()
  health.start('codex: Neovim')
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.11') == 1 then
    health.ok('Neovim ' .. version)
  else
    health.error('Neovim ' .. version .. ' is too old', 'install Neovim 0.11 or newer')
  end
  if vim.g.codex ~= nil and type(vim.g.codex) ~= 'table' then
    health.error('vim.g.codex is not a table', 'see :help codex-settings')
    return
  end
  for key in pairs(vim.g.codex or {}) do
    if require('codex.config').defaults[key] == nil then
      health.warn(('vim.g.codex.%s is no setting'):format(key), 'see :help codex-settings')
    end
  end
end

---@param argv string[]
---@return vim.SystemCompleted?
local function run(argv)
  local ok, process = pcall(vim.system, argv, { text = true })
  return ok and process:wait(timeout) or nil
end

local function check_binary()
  health.start('codex: server binary')
  local cmd = vim.lsp.config.codex and vim.lsp.config.codex.cmd
  if type(cmd) ~= 'table' then
    health.info('cmd is a function; nothing to look for')
    return
  end
  local path = vim.fn.exepath(cmd[1])
  if path == '' then
    health.error(cmd[1] .. ' is not on $PATH', {
      'install codex-lsp',
      "or name it: vim.lsp.config('codex', { cmd = { '/where/it/is' } })",
    })
    return
  end
  local version = run({ path, 'version' })
  if not version or version.code ~= 0 then
    health.error(path .. ' does not run', version and vim.split(version.stderr, '\n') or nil)
    return
  end
  health.ok(('%s: %s'):format(path, vim.trim(version.stdout)))
end

---@param path string
---@return string? text
local function contents(path)
  local file = io.open(path)
  local text = file and file:read('*a')
  return file and file:close() and text or nil
end

-- Where a key may be: the variables that config.toml names, those that are
-- always looked at, and the file of the sign-in.
---@param home string
---@param config string
local function check_key(home, config)
  local names = { 'OPENAI_API_KEY', 'CODEX_API_KEY' }
  for name in config:gmatch('env_key%s*=%s*["\']([%w_]+)["\']') do
    table.insert(names, 1, name)
  end
  local set = vim.iter(names):find(function(name)
    return (vim.env[name] or '') ~= ''
  end)
  if set then
    health.ok('key in $' .. set)
  elseif contents(home .. '/auth.json') then
    health.ok('signed in: ' .. home .. '/auth.json')
  else
    health.warn('no key found', {
      ('sign in by :CodexLogin, or set $%s where Neovim is started, unless your model needs none'):format(names[1]),
    })
  end
end

local function check_configuration()
  health.start('codex: configuration and key')
  local home = vim.env.CODEX_HOME or vim.fs.normalize('~/.codex')
  local path = home .. '/config.toml'
  local config = contents(path)
  if config then
    health.ok(path .. ' can be read; what is wrong in it is shown when the server starts')
  elseif vim.uv.fs_stat(path) then
    health.error(path .. ' cannot be read', 'see its permissions')
  else
    health.info('no ' .. path .. ': the defaults hold')
  end
  check_key(home, config or '')
end

---@param c vim.lsp.Client
local function check_client(c)
  local version = c.server_info and c.server_info.version or 'of unknown version'
  local buffers = vim.tbl_count(c.attached_buffers)
  health.ok(
    ('codex-lsp %s runs for %s, attached to %d buffer%s'):format(
      version,
      c.root_dir or 'no folder',
      buffers,
      buffers == 1 and '' or 's'
    )
  )
  if c.flags.debounce_text_changes == 0 then
    health.ok('typing is sent at once (debounce_text_changes = 0)')
  else
    health.warn('typing is held back before it is sent, so edits are slower', {
      "remove flags.debounce_text_changes from your vim.lsp.config('codex', …)",
    })
  end
  local options = (c.config.init_options or {}).capabilities or {}
  if not options.approvals then
    health.warn('the server does not know that the plugin draws approvals', {
      'your init_options replaces the capabilities of lsp/codex.lua; leave them in',
    })
  end
end

local function check_server()
  health.start('codex: server')
  if vim.lsp.is_enabled and not vim.lsp.is_enabled('codex') then
    health.info("not enabled; vim.lsp.enable('codex') attaches it to every file")
  end
  local clients = vim.lsp.get_clients({ name = 'codex' })
  if #clients == 0 then
    health.warn('no server runs', {
      "call vim.lsp.enable('codex') in your configuration, then open a file",
      'if it did start, the reason is in ' .. require('vim.lsp.log').get_filename(),
    })
  end
  vim.iter(clients):each(check_client)
  local waiting = #require('codex').approvals()
  if waiting > 0 then
    health.warn(('%d questions wait for you'):format(waiting), ':CodexApprove')
  end
end

function M.check()
  check_neovim()
  check_binary()
  check_configuration()
  check_server()
end

return M
