-- Buffers and files: what is saved before a command runs, what is read again
-- after it, and what was changed.

local client = require('codex.client')

local M = {}

--- Asks Neovim whether the file changed behind the buffer, and decides what
--- follows from it in place of its question to the user.
---@param buf integer
---@param choice ''|'reload'
---@return boolean changed
local function check(buf, choice)
  local changed = false
  local id = vim.api.nvim_create_autocmd('FileChangedShell', {
    buffer = buf,
    callback = function()
      changed = true
      vim.v.fcs_choice = choice
    end,
  })
  vim.cmd.checktime(buf)
  vim.api.nvim_del_autocmd(id)
  return changed
end

---@param buf integer
---@return boolean saved
local function save(buf)
  if check(buf, '') then
    return false -- what is on disk is not ours to overwrite
  end
  local ok = pcall(vim.api.nvim_buf_call, buf, function()
    vim.cmd('silent update')
  end)
  return ok and not vim.bo[buf].modified
end

---@param uri string
---@return integer? buf
local function loaded(uri)
  local buf = vim.fn.bufnr(vim.uri_to_fname(uri))
  return buf ~= -1 and vim.api.nvim_buf_is_loaded(buf) and buf or nil
end

--- Writes the modified buffers among these.
---@param uris string[]
---@return string[] unsaved
function M.save(uris)
  return vim
    .iter(uris)
    :filter(function(uri)
      local buf = loaded(uri)
      return buf and vim.bo[buf].modified and not save(buf)
    end)
    :totable()
end

--- Reads the unmodified buffers among these from disk again.
---@param uris string[]
function M.reload(uris)
  for _, uri in ipairs(uris) do
    local buf = loaded(uri)
    if buf and not vim.bo[buf].modified then
      check(buf, 'reload')
    end
  end
end

---@param change lsp.TextDocumentEdit
---@return boolean
local function stale(change)
  local version = vim.tbl_get(change, 'textDocument', 'version')
  local buf = version and version ~= vim.NIL and loaded(change.textDocument.uri)
  return buf and (vim.lsp.util.buf_versions[buf] or version) > version or false
end

--- workspace/applyEdit. Neovim drops an edit for text that has changed since,
--- and answers that it was applied; here the server is told. The label is kept
--- from the screen: a chat document is edited several times a second.
---@type lsp.Handler
function M.apply(err, params, ctx)
  if vim.iter(params.edit.documentChanges or {}):any(stale) then
    return { applied = false, failureReason = 'the text has changed' }
  end
  params.label = nil
  return vim.lsp.handlers['workspace/applyEdit'](err, params, ctx)
end

--- The command :CodexChanged: the files in the quickfix list.
function M.changed()
  client.with(function(c)
    local thread = require('codex.ask').thread(c)
    client.run(c, 'codex.changedFiles', { threadId = thread }, function(result)
      if not result or #result == 0 then
        return client.say('no file was changed')
      end
      local items = vim
        .iter(result)
        :map(function(file)
          return { filename = file.path, lnum = 1, text = file.kind }
        end)
        :totable()
      vim.fn.setqflist({}, ' ', { title = 'Changed by Codex', items = items })
      vim.cmd.copen()
    end)
  end)
end

return M
