-- :checkhealth codex finds everything in order, and a restored debounce.
T.start('notes.txt')
vim.cmd.checkhealth('codex')
local text = T.text()
for _, part in ipairs({
  '✅ OK Neovim',
  '✅ OK typing is sent at once (debounce_text_changes = 0)',
  ', attached to 1 buffer\n',
  'config.toml can be read',
  'OK key in $SCRIPTED_KEY',
  'codex-lsp: codex-lsp ',
}) do
  assert(text:find(part, 1, true), part .. ' is not in:\n' .. text)
end
assert(not text:find('ERROR') and not text:find('WARNING'), text)

vim.lsp.get_clients({ name = 'codex' })[1].flags.debounce_text_changes = 150
vim.g.codex = { aprove = {} }
vim.cmd.checkhealth('codex')
text = T.text()
assert(text:find('WARNING typing is held back before it is sent', 1, true), text)
assert(text:find('WARNING vim.g.codex.aprove is no setting', 1, true), text)
