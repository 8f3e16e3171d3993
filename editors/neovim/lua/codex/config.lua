-- The settings of the plugin: vim.g.codex over these defaults. Settings of the
-- agent (model, approval policy) are the server's, in its own config.toml.

local M = {}

---@class codex.Config
M.defaults = {
  approve = {
    -- Open the picker when Codex asks for an approval. It waits while you
    -- insert text or type a command. If false, :CodexApprove opens it.
    open = true,
  },
  answer = {
    -- Open the answer window when :Codex asks something.
    open = true,
    -- The command that makes the window.
    split = 'botright 12split',
  },
  chat = {
    -- The command that makes the window of the chat document.
    split = 'botright vsplit',
    -- The normal mode key that sends the prompt in a chat document.
    send = '<CR>',
  },
  review = {
    -- Show what a change removed, as virtual lines above what is there now.
    removed = true,
  },
  -- Say in a message how each turn ended.
  notify = true,
}

---@return codex.Config
function M.get()
  return vim.tbl_deep_extend('force', M.defaults, vim.g.codex or {})
end

return M
