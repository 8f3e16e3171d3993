package rollout

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkRead reads 16 MB of commands and their outputs, as written here and
// as Codex numbers and annotates it.
func BenchmarkRead(b *testing.B) {
	for name, form := range map[string]struct{ ordinal, notes string }{
		"ours":  {},
		"codex": {`"ordinal":%d,`, `,"metadata":{"history_sequence":1},"internal_chat_message_metadata_passthrough":{"turn_id":"t"}`},
	} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "rollout.jsonl")
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			out, n, size := bufio.NewWriter(f), 0, 0
			line := func(kind, payload string) {
				ordinal := form.ordinal
				if ordinal != "" {
					ordinal = fmt.Sprintf(ordinal, n)
				}
				k, _ := fmt.Fprintf(out, `{"timestamp":"%s",%s"type":%q,"payload":{%s}}`+"\n", stamp(time.Now()), ordinal, kind, payload)
				n, size = n+1, size+k
			}
			text, _ := json.Marshal(strings.Repeat("drwxr-xr-x 2 root root \"4096\" Nov 25 18:08 café\n", 160))
			line(sessionMeta, `"id":"i","cwd":"/w"`)
			for size < 16<<20 {
				line(responseItem, fmt.Sprintf(`"type":"function_call","call_id":"c%d","name":"exec_command","arguments":"{\"cmd\":\"ls -l\"}"`, n)+form.notes)
				line(responseItem, fmt.Sprintf(`"type":"function_call_output","call_id":"c%d","output":%s`, n-1, text)+form.notes)
				line(eventMsg, `"type":"exec_command_end","aggregated_output":`+string(text))
				line(eventMsg, `"type":"agent_message","message":"done"`)
			}
			out.Flush()
			f.Close()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if r, err := Read(path); err != nil || len(r.Said) == 0 {
					b.Fatal(r, err)
				}
			}
		})
	}
}

// BenchmarkMarks writes what stands in the file before a command runs: that it
// may, and, on the disk, that it does.
func BenchmarkMarks(b *testing.B) {
	for name, mark := range map[string]func(f *File) error{
		"approved": func(f *File) error { return f.Approved("t", "c", "user") },
		"started":  func(f *File) error { return f.Started("t", "c") },
	} {
		b.Run(name, func(b *testing.B) {
			f, err := NewStore(b.TempDir()).Create(meta)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			for b.Loop() {
				if err := mark(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
