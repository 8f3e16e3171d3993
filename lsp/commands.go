package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// plainPrefix begins every command's id, whatever prefix is advertised.
const plainPrefix = "codex."

// A command is one entry of the table of commands.
type command struct {
	run func(*server, context.Context, *protocol.ExecuteCommandParams) (any, error)
	// user says that a user is behind it, who may be shown what was shelved;
	// the others are how programs look around.
	user bool
}

// commands is every command by its id after the prefix.
var commands = map[string]command{
	"ask":            {run: (*server).askCommand, user: true},
	"steer":          {run: taking((*server).steer), user: true},
	"interrupt":      {run: taking((*server).interrupt), user: true},
	"newThread":      {run: taking((*server).newThread), user: true},
	"resume":         {run: taking((*server).resume), user: true},
	"listSessions":   {run: taking((*server).listSessions)},
	"searchSessions": {run: taking((*server).searchSessions)},
	"forkThread":     {run: taking((*server).forkThread), user: true},
	"renameThread":   {run: taking((*server).renameThread), user: true},
	"archiveThread":  {run: taking((*server).archiveThread), user: true},
	"deleteThread":   {run: taking((*server).deleteThread), user: true},
	"exportThread":   {run: taking((*server).exportThread), user: true},
	"openChat":       {run: taking((*server).openChat), user: true},
	"approve":        {run: taking((*server).approve), user: true},
	"undoTurn":       {run: taking((*server).undoTurn), user: true},
	"redoTurn":       {run: taking((*server).redoTurn), user: true},
	"compact":        {run: taking((*server).compact), user: true},
	"undoCompact":    {run: taking((*server).undoCompact), user: true},
	"acceptHunk":     {run: taking((*server).acceptHunk), user: true},
	"rejectHunk":     {run: taking((*server).rejectHunk), user: true},
	"nextHunk":       {run: taking((*server).nextHunk), user: true},
	"previousHunk":   {run: taking((*server).previousHunk), user: true},
	"listServers":    {run: taking((*server).listServers)},
	"loginServer":    {run: taking((*server).loginServer), user: true},
	"trust":          {run: taking((*server).trust), user: true},
	"login":          {run: taking((*server).login), user: true},
	"logout":         {run: taking((*server).logout), user: true},
	"account":        {run: taking((*server).accountStatus)},
	"listApprovals":  {run: taking((*server).listApprovals)},
	"listTerminals":  {run: taking((*server).listTerminals)},
	"killTerminal":   {run: taking((*server).killTerminal), user: true},
	"listThreads":    {run: taking((*server).listThreads)},
	"changedFiles":   {run: taking((*server).changedFiles)},
	"showChanges":    {run: taking((*server).showChanges), user: true},
	"status":         {run: taking((*server).status)},
	"setModel":       {run: taking((*server).setModel), user: true},
}

// commandNames are the ids of all commands, each with prefix in place of
// "codex.".
func commandNames(prefix string) []string {
	names := slices.Sorted(maps.Keys(commands))
	for i := range names {
		names[i] = prefix + names[i]
	}
	return names
}

// command is what an editor sends to run a command of ours with an argument.
func (s *server) command(title, name string, argument any) protocol.Command {
	return protocol.Command{
		Title: title, Command: s.options.CommandPrefix + name,
		Arguments: []protocol.LSPAny{mustJSON(argument)},
	}
}

// ExecuteCommand runs a command. None waits for the user or the model, but for
// codex.ask with wait: some editors give a command ten seconds, and show no
// prompt meanwhile.
func (s *server) ExecuteCommand(ctx context.Context, p *protocol.ExecuteCommandParams) (protocol.LSPAny, error) {
	name, ours := strings.CutPrefix(p.Command, s.options.CommandPrefix)
	if !ours {
		name, ours = strings.CutPrefix(p.Command, plainPrefix)
	}
	c, known := commands[name]
	if !ours || !known {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no command %q; the commands are %s",
			p.Command, strings.Join(commandNames(plainPrefix), ", "))
	}
	if c.user {
		s.desk.reopen()
	}
	result, err := c.run(s, ctx, p)
	if err != nil {
		return nil, commandError(plainPrefix+name, err)
	}
	return mustJSON(result), nil
}

// commandError gives a command's error its code: what is wrong with the
// argument is told apart from what cannot be done now.
func commandError(name string, err error) error {
	var field *fieldError
	switch {
	case errors.As(err, &field):
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: %v", name, err)
	case errors.Is(err, context.Canceled):
		return err
	}
	return jsonrpc2.Errorf(jsonrpc2.Code(protocol.LSPErrorCodesRequestFailed), "%s: %v", name, err)
}

// taking makes a command of a method that takes one object.
func taking[P any, R any](f func(*server, context.Context, P) (R, error)) func(*server, context.Context, *protocol.ExecuteCommandParams) (any, error) {
	return func(s *server, ctx context.Context, p *protocol.ExecuteCommandParams) (any, error) {
		var argument P
		if err := decodeArgument(p.Arguments, &argument); err != nil {
			return nil, err
		}
		return f(s, ctx, argument)
	}
}

// A fieldError says which field of a command's argument is wrong, and how.
type fieldError struct{ field, problem string }

func (e *fieldError) Error() string {
	if e.field == "" {
		return e.problem
	}
	return fmt.Sprintf("%q %s", e.field, e.problem)
}

// badField makes a fieldError.
func badField(field, format string, args ...any) error {
	return &fieldError{field, fmt.Sprintf(format, args...)}
}

// decodeArgument reads a command's only argument. Missing, null, [] and [null]
// are an object without fields: some editors cannot send another.
func decodeArgument(args []protocol.LSPAny, into any) error {
	switch {
	case len(args) > 1:
		return badField("", "takes one object as its only argument, not %d arguments", len(args))
	case len(args) == 0 || len(args[0]) == 0 || string(args[0]) == "null":
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(args[0]))
	dec.DisallowUnknownFields()
	return explain(dec.Decode(into), into)
}

// explain turns a JSON error into one that names the field.
func explain(err error, into any) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && wrong.Field == "":
		return badField("", "the argument must be an object, not a JSON %s", wrong.Value)
	case errors.As(err, &wrong):
		return badField(wrong.Field, "must be %s, not a JSON %s", kindName(wrong.Type.Kind()), wrong.Value)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return badField(strings.Trim(name, `"`), "is not a field; the fields are %s", strings.Join(fieldNames(into), ", "))
	}
	return badField("", "the argument is not JSON: %v", err)
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Pointer, reflect.Map:
		return "an object"
	}
	return "a whole number"
}

// fieldNames are the JSON names of the fields of the struct that v points to.
func fieldNames(v any) []string {
	t := reflect.TypeOf(v).Elem()
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return []string{"none"}
	}
	return names
}

// mustJSON encodes our own messages, which cannot fail.
func mustJSON(v any) protocol.LSPAny {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("lsp: encode %T: %v", v, err))
	}
	return bytes.TrimSpace(b.Bytes())
}
