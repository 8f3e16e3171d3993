-- What other code may call.

local M = {}

--- A statusline component: what Codex is doing, '' when nothing.
---@return string
function M.status()
  return require('codex.progress').status()
end

---@class codex.AskOptions
---@field range? lsp.Range the lines that the prompt is about
---@field new? boolean in a new thread

--- Asks Codex, in the thread that :Codex speaks to.
---@param prompt string
---@param opts? codex.AskOptions
function M.ask(prompt, opts)
  require('codex.ask').ask(prompt, opts or {})
end

--- The questions that wait for a decision, oldest first.
---@return codex.Question[]
function M.approvals()
  return require('codex.approve').questions()
end

return M
