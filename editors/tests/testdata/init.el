;; One server for prose and C, started in every such file.
(require 'eglot)
(add-to-list 'auto-mode-alist '("\\.md\\'" . text-mode))
(add-to-list 'eglot-server-programs '((text-mode c-mode) . ("codex-lsp")))
(add-hook 'text-mode-hook #'eglot-ensure)
(add-hook 'c-mode-hook #'eglot-ensure)

;; Emacs tells the server of changes when it has been idle, and after a prompt it
;; may not count as idle before the next key. What the server has edited itself
;; is told of at once.
(cl-defmethod eglot-handle-request :after (_server (_method (eql workspace/applyEdit)) &rest _)
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (when (eglot-managed-p)
        (eglot--signal-textDocument/didChange)))))
