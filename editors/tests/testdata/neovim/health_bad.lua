-- :checkhealth codex names what is missing: the key, and a server that runs.
vim.env.SCRIPTED_KEY = nil
vim.cmd.checkhealth('codex')
local text = T.text()
assert(text:find('WARNING no key found', 1, true), text)
assert(text:find('set $SCRIPTED_KEY', 1, true), text)
assert(text:find('WARNING no server runs', 1, true), text)

vim.lsp.config('codex', { cmd = { 'no-such-codex-lsp' } })
vim.cmd.checkhealth('codex')
text = T.text()
assert(text:find('ERROR no-such-codex-lsp is not on $PATH', 1, true), text)
