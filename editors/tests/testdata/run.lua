-- nvim -l run.lua SCRIPT: runs one test script against the plugin in $CODEX_PLUGIN.
--
-- The script gets T. It fails by an error of its own, or by one in a callback,
-- which Neovim would only print.

local plugin = assert(vim.env.CODEX_PLUGIN, 'CODEX_PLUGIN names the plugin')

---@class T
---@field messages string[] what vim.notify said
local T = { messages = {} }

-- Long enough for a slow machine; nothing waits for it but what has failed.
local patience = 60000

---@param what string
---@param met fun(): any
function T.wait(what, met)
  if not vim.wait(patience, met, 5) then
    error(('never: %s\nmessages: %s'):format(what, vim.inspect(T.messages)), 2)
  end
end

---@param what string
function T.eq(what, got, want)
  if not vim.deep_equal(got, want) then
    error(('%s:\n got %s\nwant %s'):format(what, vim.inspect(got), vim.inspect(want)), 2)
  end
end

---@param part string
---@return boolean
function T.said(part)
  return vim.iter(T.messages):any(function(message)
    return message:find(part, 1, true) ~= nil
  end)
end

--- The data of each User event from now on.
---@param pattern string
---@return table[]
function T.events(pattern)
  local seen = {}
  vim.api.nvim_create_autocmd('User', {
    pattern = pattern,
    callback = function(event)
      seen[#seen + 1] = event.data.params
    end,
  })
  return seen
end

--- Answers vim.ui.select: choose gets labels and options, and returns the
--- label to choose, or nil to cancel.
---@param choose fun(labels: string[], opts: table): string?
function T.select(choose)
  vim.ui.select = function(items, opts, on_choice)
    local labels = vim.tbl_map(opts.format_item or tostring, items)
    local label = choose(labels, opts)
    for i, l in ipairs(labels) do
      if l == label then
        return on_choice(items[i], i)
      end
    end
    on_choice(nil, nil)
  end
end

---@param buf? integer
---@return string
function T.text(buf)
  return table.concat(vim.api.nvim_buf_get_lines(buf or 0, 0, -1, false), '\n')
end

---@param path string
---@param text? string writes it; without, reads
function T.file(path, text)
  local f = assert(io.open(path, text and 'w' or 'r'))
  local got = text and assert(f:write(text)) or f:read('*a')
  f:close()
  return got
end

--- Enables the server, opens a file of the project, and returns the client.
---@param path string
---@return vim.lsp.Client
function T.start(path)
  vim.lsp.enable('codex')
  vim.cmd.edit(path)
  local client
  T.wait('the server attaches', function()
    client = vim.lsp.get_clients({ name = 'codex', bufnr = 0 })[1]
    return client
  end)
  return client
end

vim.notify = function(message)
  T.messages[#T.messages + 1] = message
end
vim.o.swapfile = false
vim.opt.runtimepath:prepend(plugin)
if vim.fn.filereadable(plugin .. '/plugin/codex.lua') == 1 then
  vim.cmd.runtime('plugin/codex.lua')
end

_G.T = T
package.path = vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/?.lua;' .. package.path
local ok, err = xpcall(dofile, debug.traceback, _G.arg[1])
if ok and vim.v.errmsg ~= '' then
  ok, err = false, 'an error was shown: ' .. vim.v.errmsg
end
if not ok then
  io.stderr:write(err, '\n')
end
vim.cmd.cquit({ count = ok and 0 or 1, bang = true })
