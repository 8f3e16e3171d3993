package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A process speaks JSON-RPC on its standard streams.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	framed bool // Content-Length headers, as in LSP; else one message a line
	nextID int
	asked  []string // the methods of the requests that came
	answer any      // what each was answered with
}

func start(home string, framed bool, name string, args ...string) (*process, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = environment(home)
	cmd.Dir = home
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &process{cmd: cmd, in: in, out: bufio.NewReader(out), framed: framed}, cmd.Start()
}

// environment is what the programs know of their surroundings.
func environment(home string) []string {
	return []string{"HOME=" + home, "CODEX_HOME=" + home, "SCRIPTED_KEY=none", "PATH=" + os.Getenv("PATH")}
}

func (p *process) stop() {
	p.in.Close()
	_ = p.cmd.Process.Kill() // how it ends is not measured
	_ = p.cmd.Wait()
}

// memory is the resident set of the process and its children, in MiB. Codex
// from npm is a script that starts the program.
func (p *process) memory() (total float64, err error) {
	err = p.eachProcess(func(proc string) error {
		status, err := os.ReadFile(filepath.Join(proc, "status"))
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		var kib float64
		fmt.Sscan(rest, &kib)
		total += kib / 1024
		return err
	})
	return total, err
}

// tick is the unit of times in /proc.
const tick = 10 * time.Millisecond

// cpu is the processor time that the process and its children have used, those
// that are gone included.
func (p *process) cpu() (total time.Duration, err error) {
	err = p.eachProcess(func(proc string) error {
		stat, err := os.ReadFile(filepath.Join(proc, "stat"))
		_, rest, _ := strings.Cut(string(stat), ") ") // the name may have blanks
		fields := strings.Fields(rest)
		for _, i := range []int{11, 12, 13, 14} { // utime, stime, and of children
			if i < len(fields) {
				n, _ := strconv.Atoi(fields[i])
				total += time.Duration(n) * tick
			}
		}
		return err
	})
	return total, err
}

// eachProcess visits the folders of the process and its children in /proc.
func (p *process) eachProcess(visit func(proc string) error) error {
	for pids := []int{p.cmd.Process.Pid}; len(pids) > 0; pids = pids[1:] {
		proc := filepath.Join("/proc", strconv.Itoa(pids[0]))
		if err := visit(proc); err != nil {
			return err
		}
		children, _ := filepath.Glob(filepath.Join(proc, "task/*/children"))
		for _, file := range children {
			text, _ := os.ReadFile(file) // a thread may be gone
			for _, field := range strings.Fields(string(text)) {
				pid, _ := strconv.Atoi(field)
				pids = append(pids, pid)
			}
		}
	}
	return nil
}

// A message is any of JSON-RPC.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

func (p *process) notify(method string, params any) error {
	return p.write(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
}

// call sends a request and waits for its answer.
func (p *process) call(method string, params, result any) error {
	if err := p.send(method, params); err != nil {
		return err
	}
	id := strconv.Itoa(p.nextID)
	m, err := p.await(func(m message) bool { return m.Method == "" && string(m.ID) == id })
	switch {
	case err != nil:
		return err
	case len(m.Error) > 0:
		return fmt.Errorf("%s: %s", method, m.Error)
	case result == nil:
		return nil
	}
	return json.Unmarshal(m.Result, result)
}

// send sends a request.
func (p *process) send(method string, params any) error {
	p.nextID++
	return p.write(map[string]any{"jsonrpc": "2.0", "id": p.nextID, "method": method, "params": params})
}

// await reads up to the message that is wanted. Requests that come meanwhile
// are noted and answered.
func (p *process) await(wanted func(message) bool) (message, error) {
	for {
		m, err := p.read()
		if err != nil || wanted(m) {
			return m, err
		}
		if m.Method != "" && len(m.ID) > 0 {
			p.asked = append(p.asked, m.Method)
			if err := p.write(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": p.answer}); err != nil {
				return m, err
			}
		}
	}
}

func (p *process) write(m any) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if p.framed {
		_, err = fmt.Fprintf(p.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	} else {
		_, err = p.in.Write(append(body, '\n'))
	}
	return err
}

func (p *process) read() (m message, err error) {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return m, err
	}
	if !p.framed {
		return m, json.Unmarshal(line, &m)
	}
	size := 0
	for ; len(bytes.TrimSpace(line)) > 0; line, err = p.out.ReadBytes('\n') {
		if value, is := bytes.CutPrefix(line, []byte("Content-Length: ")); is {
			size, err = strconv.Atoi(string(bytes.TrimSpace(value)))
		}
		if err != nil {
			return m, err
		}
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(p.out, body); err != nil {
		return m, err
	}
	return m, json.Unmarshal(body, &m)
}
