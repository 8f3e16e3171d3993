-- Without a server binary, :Codex says what to do.
vim.lsp.config('codex', { cmd = { 'no-such-codex-lsp' } })
vim.cmd('Codex hello')
T.eq('the message', T.messages, {
  "codex: no-such-codex-lsp is not on your PATH; install it, or name it with vim.lsp.config('codex', { cmd = { … } })",
})
