package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// A caller is a model that answers each prompt with one command, and what comes
// of it with a word.
type caller struct {
	url    string
	server *http.Server

	mu      sync.Mutex
	command string // guarded by mu
	calls   int    // guarded by mu; a call's id may not come twice
	output  string // what the last command came to; guarded by mu
}

func startCaller() (*caller, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &caller{url: "http://" + ln.Addr().String() + "/v1"}
	c.server = &http.Server{Handler: c}
	go c.server.Serve(ln)
	return c, nil
}

func (c *caller) close() { c.server.Close() }

// next sets the command that the next prompt is answered with.
func (c *caller) next(command string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.command, c.output = command, ""
}

// heard is what the model was told of the command.
func (c *caller) heard() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.output
}

func (c *caller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Input []struct {
			Type   string
			Output json.RawMessage
		}
	}
	body, err := io.ReadAll(r.Body)
	if r.Method != http.MethodPost || err != nil || json.Unmarshal(body, &request) != nil || len(request.Input) == 0 {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	last := request.Input[len(request.Input)-1]
	c.mu.Lock()
	defer c.mu.Unlock()
	if last.Type == "function_call_output" {
		c.output = string(last.Output)
		_, _ = io.WriteString(w, answer)
		return
	}
	c.calls++
	args, _ := json.Marshal(map[string]any{"cmd": c.command, "login": true}) // strings and a bool
	item, _ := json.Marshal(map[string]any{
		"type": "function_call", "id": fmt.Sprint("fc", c.calls), "call_id": fmt.Sprint("c", c.calls),
		"name": "exec_command", "arguments": string(args), "status": "completed",
	})
	fmt.Fprintf(w, callAnswer, item)
}

// callAnswer is a whole response of the Responses API with one call.
const callAnswer = `event: response.created
data: {"type":"response.created","response":{"id":"r1"}}

event: response.output_item.done
data: {"type":"response.output_item.done","output_index":0,"item":%s}

event: response.completed
data: {"type":"response.completed","response":{"id":"r1","status":"completed","output":[],"usage":{"input_tokens":1,"input_tokens_details":null,"output_tokens":1,"output_tokens_details":null,"total_tokens":2}}}

`
