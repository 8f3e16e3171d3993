;; One server for prose and C, started in every such file.
(require 'eglot)
(add-to-list 'auto-mode-alist '("\\.md\\'" . text-mode))
(add-to-list 'eglot-server-programs '((text-mode c-mode) . ("codex-lsp")))
(add-hook 'text-mode-hook #'eglot-ensure)
(add-hook 'c-mode-hook #'eglot-ensure)
