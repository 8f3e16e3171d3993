-- :checkhealth codex answers why it does not work, from the ground up.

local health = vim.health

local M = {}

-- doctor waits for nobody, but it may have to look at a slow disk.
local doctor_timeout = 10000

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
  return ok and process:wait(doctor_timeout) or nil
end

---@return string? path of the binary
local function check_binary()
  health.start('codex: server binary')
  local cmd = vim.lsp.config.codex and vim.lsp.config.codex.cmd
  if type(cmd) ~= 'table' then
    health.info('cmd is a function; nothing to look for')
    return nil
  end
  local path = vim.fn.exepath(cmd[1])
  if path == '' then
    health.error(cmd[1] .. ' is not on $PATH', {
      'install codex-lsp',
      "or name it: vim.lsp.config('codex', { cmd = { '/where/it/is' } })",
    })
    return nil
  end
  local version = run({ path, 'version' })
  if not version or version.code ~= 0 then
    health.error(path .. ' does not run', version and vim.split(version.stderr, '\n') or nil)
    return nil
  end
  health.ok(('%s: %s'):format(path, vim.trim(version.stdout)))
  return path
end

-- The server knows best whether its configuration can be read, a key is
-- there and the sandbox holds.
---@param path string
local function check_configuration(path)
  health.start('codex: configuration, key and sandbox')
  local doctor = run({ path, 'doctor' })
  if not doctor then
    health.error('codex-lsp doctor did not run')
    return
  end
  local said = vim.trim(doctor.stdout .. doctor.stderr)
  if doctor.code == 0 then
    health.ok(said)
  else
    health.error(said)
  end
end

---@param c vim.lsp.Client
local function check_client(c)
  local version = c.server_info and c.server_info.version or 'of unknown version'
  health.ok(
    ('codex-lsp %s runs for %s, in %d buffers'):format(
      version,
      c.root_dir or 'no folder',
      vim.tbl_count(c.attached_buffers)
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
  local path = check_binary()
  if path then
    check_configuration(path)
  end
  check_server()
end

return M
