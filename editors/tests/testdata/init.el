;; One server for prose and C, started in every such file.
(require 'eglot)
(add-to-list 'auto-mode-alist '("\\.md\\'" . text-mode))
(add-to-list 'eglot-server-programs '((text-mode c-mode) . ("codex-lsp")))
(add-hook 'text-mode-hook #'eglot-ensure)
(add-hook 'c-mode-hook #'eglot-ensure)

;; Emacs tells the server of changes when it has been idle. Around an edit of the
;; server's it is to do so at once: before it, or the edit could be made in a text
;; that the server does not know of; and after it, as after a prompt Emacs may not
;; count as idle before the next key.
(defun codex-tell ()
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (when (eglot-managed-p)
        (eglot--signal-textDocument/didChange)))))
(cl-defmethod eglot-handle-request :around (_server (_method (eql workspace/applyEdit)) &rest _)
  (codex-tell)
  (prog1 (cl-call-next-method) (codex-tell)))
