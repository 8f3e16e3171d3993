package simulation

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// A client is the editor's end of a connection, frame by frame, so that it can
// do what no decent editor does.
type client struct {
	conn io.ReadWriter
	on   func(message) // called on the read loop, in order

	mu      sync.Mutex                        // one frame at a time
	next    int                               // guarded by mu
	replies map[string]chan<- json.RawMessage // guarded by mu; nil once the connection is gone
}

// A message is any JSON-RPC message.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

func newClient(conn io.ReadWriter, on func(message)) *client {
	return &client{conn: conn, on: on, replies: make(map[string]chan<- json.RawMessage)}
}

// read is the read loop; it ends with the connection, and calls without an
// answer end then too.
func (c *client) read() {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, reply := range c.replies {
			close(reply)
		}
		c.replies = nil
	}()
	r := bufio.NewReader(c.conn)
	for {
		size := 0
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimSpace(line)
			if line == "" {
				break
			}
			if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				size, _ = strconv.Atoi(v)
			}
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			panic(err)
		}
		if m.Method != "" {
			c.on(m)
			continue
		}
		c.mu.Lock()
		reply := c.replies[string(m.ID)]
		delete(c.replies, string(m.ID))
		c.mu.Unlock()
		if reply != nil {
			if m.Error != nil {
				m.Result = nil
			}
			reply <- m.Result
		}
	}
}

// send writes a frame; a connection that is gone swallows it.
func (c *client) send(body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.conn, "Content-Length: %d\r\n\r\n%s", len(body), body)
}

// call makes a request; its result comes over the channel, null for an error.
func (c *client) call(method, params string) (id int, result <-chan json.RawMessage) {
	reply := make(chan json.RawMessage, 1)
	c.mu.Lock()
	c.next++
	id = c.next
	if c.replies == nil {
		close(reply)
	} else {
		c.replies[strconv.Itoa(id)] = reply
	}
	c.mu.Unlock()
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, id, method, params))
	return id, reply
}

func (c *client) execute(command, argument string) <-chan json.RawMessage {
	_, result := c.call("workspace/executeCommand", fmt.Sprintf(`{"command":%q,"arguments":[%s]}`, command, argument))
	return result
}

func (c *client) notify(method, params string) {
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params))
}

// answer replies to a request of the server's.
func (c *client) answer(id json.RawMessage, result string) {
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, id, result))
}

func (c *client) refuse(id json.RawMessage) {
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32603,"message":"no"}}`, id))
}
