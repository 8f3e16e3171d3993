package auth

import (
	"errors"
	"html/template"
	"net/http"
)

// page is what the browser shows at the end.
var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{.Title}} – codex-lsp</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em;color-scheme:light dark}h1{font-size:1.4em}</style>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
{{with .Remedy}}<p>{{.}}</p>{{end}}
</html>
`))

type pageText struct{ Title, Text, Remedy string }

func successPage(w http.ResponseWriter, who string) {
	show(w, http.StatusOK, pageText{Title: "Signed in", Text: "codex-lsp is signed in as " + who + ". You can close this page."})
}

func failurePage(w http.ResponseWriter, err error) {
	text := pageText{Title: "Not signed in", Text: err.Error()}
	var e *Error
	if errors.As(err, &e) {
		text.Text, text.Remedy = e.Message, e.Remedy
	}
	show(w, http.StatusBadRequest, text)
}

func show(w http.ResponseWriter, status int, text pageText) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = page.Execute(w, text) // a browser that has gone needs no page
}
