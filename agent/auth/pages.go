package auth

import (
	"errors"
	"fmt"
	"html"
	"net/http"
)

// page is what the browser shows at the end: a title, and paragraphs. It is put
// together by hand, since a program that has html/template in it is megabytes
// larger: with templates, the linker keeps every method of every type.
const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>%[1]s – codex-lsp</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em;color-scheme:light dark}h1{font-size:1.4em}</style>
<h1>%[1]s</h1>
<p>%[2]s</p>
%[3]s
</html>
`

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
	remedy := ""
	if text.Remedy != "" {
		remedy = "<p>" + html.EscapeString(text.Remedy) + "</p>"
	}
	_, _ = fmt.Fprintf(w, page, html.EscapeString(text.Title), html.EscapeString(text.Text), remedy) // a browser that has gone needs no page
}
