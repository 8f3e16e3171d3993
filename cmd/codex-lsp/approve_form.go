package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"codex-lsp/agent"
)

// fillIn has the user fill in an MCP server's form: a line for each field, empty
// for what it is by default, or to leave it out.
func fillIn(q agent.Question, in io.Reader, out io.Writer) (agent.Answer, error) {
	fmt.Fprintf(out, "%s\n", oneLine(q.Title))
	for line := range strings.Lines(agent.Visible(q.Detail)) {
		fmt.Fprintf(out, "  | %s\n", strings.TrimSuffix(line, "\n"))
	}
	if q.Policy != "" {
		fmt.Fprintf(out, "  policy: %s\n", oneLine(q.Policy))
	}
	lines, content := bufio.NewReader(in), map[string]any{}
	for _, f := range q.Form {
		v, err := askField(f, lines, out)
		if err != nil {
			return agent.Answer{}, err
		}
		if v != nil {
			content[f.Name] = v
		}
	}
	fmt.Fprintln(out)
	return q.Fill(content)
}

// askField asks for one field until the answer can be one. Nil leaves it out.
func askField(f agent.FormField, in *bufio.Reader, out io.Writer) (any, error) {
	unless := "may be left empty"
	switch {
	case f.Default != nil:
		unless = "empty for " + oneLine(fmt.Sprint(f.Default))
	case f.Required:
		unless = "needed"
	}
	fmt.Fprintf(out, "\n%s\n", agent.Visible(f.Says()))
	for {
		fmt.Fprintf(out, "  %s, %s: ", oneLine(f.Kind()), unless)
		line, err := in.ReadString('\n')
		if err != nil && strings.TrimSpace(line) == "" {
			return nil, errors.Join(errors.New("nothing was sent: the form is not filled in; --decline refuses it"), unlessEOF(err))
		}
		if line = strings.TrimSpace(line); line == "" {
			if f.Default == nil && f.Required {
				continue
			}
			return f.Default, nil
		}
		v, err := f.Parse(line)
		if err == nil {
			return v, nil
		}
		fmt.Fprintf(out, "  %s\n", oneLine(err.Error()))
	}
}

func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
