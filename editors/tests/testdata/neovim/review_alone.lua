-- Without the plugin the marks are hints. One is gone to and taken back by its
-- code action, and then the turn is undone.
local client = T.start('list.txt')
local buf = vim.api.nvim_get_current_buf()

---@param want string[]
local function hinted(want)
  local got
  T.wait('hints ' .. vim.inspect(want), function()
    got = vim.tbl_map(function(d)
      T.eq('how it is shown', { d.source, d.severity }, { 'codex', vim.diagnostic.severity.HINT })
      return ('%d %s'):format(d.lnum, d.message)
    end, vim.diagnostic.get(buf))
    return vim.deep_equal(got, want)
  end)
end

---@param text string
local function holds(text)
  T.wait('text ' .. text, function()
    return T.text(buf) == text
  end)
end

---@param command string
---@param argument? table
local function run(command, argument)
  client:exec_cmd({ title = '', command = command, arguments = { argument } })
end

run('codex.ask', { prompt = 'count better', textDocument = { uri = vim.uri_from_bufnr(buf) } })
holds('ONE\ntwo\nthree\nfive\nsix\nseven\neight')
hinted({ '0 Codex changed 1 line', '3 Codex removed 1 line', '6 Codex added 1 line' })

vim.api.nvim_win_set_cursor(0, { 1, 0 })
vim.diagnostic.jump({ count = 1 })
T.eq('the next one', vim.api.nvim_win_get_cursor(0)[1], 4)
T.select(function(labels)
  return vim.iter(labels):find(function(label)
    return label:find('Reject: Codex removed 1 line', 1, true)
  end)
end)
vim.lsp.buf.code_action()
holds('ONE\ntwo\nthree\nfour\nfive\nsix\nseven\neight')
hinted({ '0 Codex changed 1 line', '7 Codex added 1 line' })

run('codex.undoTurn')
holds('one\ntwo\nthree\nfour\nfive\nsix\nseven')
hinted({})
