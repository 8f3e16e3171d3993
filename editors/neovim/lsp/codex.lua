-- All that vim.lsp.enable('codex') needs. The file also works alone, copied
-- into a configuration's own lsp/ folder: it then announces only what stock
-- Neovim does, and approvals are asked by vim.ui.select.

local drawn, handlers = pcall(require, 'codex.handlers')

-- A file of no project, such as a chat document, is the business of the server
-- that showed it, or else of any that runs.
---@param client vim.lsp.Client
---@param config vim.lsp.ClientConfig
---@return boolean
local function reuse(client, config)
  if client.name ~= config.name or client:is_stopped() then
    return false
  end
  if config.root_dir then
    return client.root_dir == config.root_dir
  end
  local owner = vim.b.codex_client
  return not owner or owner == client.id or not vim.lsp.get_client_by_id(owner)
end

---@type vim.lsp.Config
return {
  cmd = { 'codex-lsp' },
  root_markers = { '.git' },
  reuse_client = reuse,
  -- An edit of the server names the version that it is for. Neovim compares
  -- that with what it has sent, not with what was typed, so it must not hold
  -- typing back: an edit would land on other lines.
  flags = { debounce_text_changes = 0 },
  init_options = {
    capabilities = {
      approvals = drawn,
      forms = drawn,
      events = drawn,
      saveDocuments = drawn,
      reloadDocuments = drawn,
      review = drawn,
      debounce = 0,
    },
  },
  handlers = drawn and handlers.lsp or nil,
  on_exit = drawn and handlers.exited or nil,
}
