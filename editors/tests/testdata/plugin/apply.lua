-- An edit for text that has changed since is refused, not dropped in silence.
local server = require('fakeserver').start()
vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'one', 'two' })
local uri, version =
  vim.uri_from_bufnr(0), vim.lsp.util.buf_versions[vim.api.nvim_get_current_buf()]
local function edit(v)
  return server:request('workspace/applyEdit', {
    label = 'Codex: x',
    edit = {
      documentChanges = {
        {
          textDocument = { uri = uri, version = v },
          edits = {
            {
              range = { start = { line = 0, character = 0 }, ['end'] = { line = 0, character = 3 } },
              newText = 'ONE',
            },
          },
        },
      },
    },
  })
end
vim.api.nvim_buf_set_lines(0, 0, 0, false, { 'typed' })
T.eq('stale', edit(version), { applied = false, failureReason = 'the text has changed' })
T.eq('untouched', T.text(), 'typed\none\ntwo')
vim.api.nvim_buf_set_lines(0, 0, 1, false, {})
version = vim.lsp.util.buf_versions[vim.api.nvim_get_current_buf()]
T.eq('current', edit(version).applied, true)
T.eq('edited', T.text(), 'ONE\ntwo')
