package rollout

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"unicode/utf8"
)

// A Hit is a thread in which something was found.
type Hit struct {
	Summary
	By      string `json:"by"` // who said it: user, agent; title, where the title has it
	Excerpt string `json:"excerpt"`
	Count   int    `json:"count"` // of messages that have it, the title apart
}

// Found is what a search found.
type Found struct {
	Hits []Hit `json:"hits"` // the thread that was written last first
	More bool  `json:"more"` // there may be others, beyond the limit
}

// maxMessage is how much of a message is searched, in bytes.
const maxMessage = 4 << 20

// Search finds the threads whose titles, prompts or answers have all words of a
// text, in upper or lower case. What commands printed is not searched. Files are
// read a line at a time, a few side by side, and no more of them than hits are
// wanted.
func (s *Store) Search(ctx context.Context, text string, q Query) (Found, error) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return Found{}, errors.New("there is nothing to search for")
	}
	files, err := s.page(q)
	if err != nil {
		return Found{}, err
	}
	names, err := s.names()
	if err != nil {
		return Found{}, err
	}
	found := Found{Hits: []Hit{}}
	limit := cmp.Or(q.Limit, defaultLimit)
	for len(files) > 0 {
		batch := files[:min(len(files), 4*runtime.NumCPU())]
		files = files[len(batch):]
		results := inParallel(ctx, batch, func(f saved) (*Hit, error) { return searchIn(ctx, f, names, q, words) })
		if err := ctx.Err(); err != nil {
			return Found{}, err
		}
		for i, r := range results {
			if r.value == nil { // nothing is in it, or it is no rollout
				continue
			}
			found.Hits = append(found.Hits, *r.value)
			if len(found.Hits) == limit {
				found.More = len(files) > 0 || i < len(results)-1
				return found, nil
			}
		}
	}
	return found, nil
}

// searchIn searches one thread.
func searchIn(ctx context.Context, f saved, names map[string]string, q Query, words []string) (*Hit, error) {
	sum, err := summarise(f, names)
	if err != nil || !q.wants(sum) {
		return nil, err
	}
	hit := Hit{Summary: sum}
	if excerpt, is := excerptOf(sum.Title, words); is {
		hit.By, hit.Excerpt = "title", excerpt
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	in := newLines(file, maxMessage)
	defer in.close()
	plain := plainWords(words)
	var lower []byte
	for in.next() && ctx.Err() == nil {
		if in.cut { // it is an image, or what nobody reads
			continue
		}
		if kindOf(in.line[:min(len(in.line), headSize)]) != eventMsg {
			continue
		}
		if lower = appendLower(lower[:0], in.line); !hasAll(lower, plain) { // reading JSON takes longer
			continue
		}
		said, is := saidIn(in.line)
		if !is {
			continue
		}
		if excerpt, is := excerptOf(said.Text, words); is {
			if hit.Count++; hit.Excerpt == "" {
				hit.By, hit.Excerpt = "agent", excerpt
				if said.User {
					hit.By = "user"
				}
			}
		}
	}
	if hit.Excerpt == "" || in.err != nil {
		return nil, in.err
	}
	return &hit, nil
}

// plainWords are those that a line of JSON has as they are.
func plainWords(words []string) (plain [][]byte) {
	for _, w := range words {
		if strings.Trim(w, "abcdefghijklmnopqrstuvwxyz0123456789") == "" {
			plain = append(plain, []byte(w))
		}
	}
	return plain
}

func hasAll(line []byte, words [][]byte) bool {
	for _, w := range words {
		if !bytes.Contains(line, w) {
			return false
		}
	}
	return true
}

// appendLower appends a text with its ASCII letters in lower case.
func appendLower(to, text []byte) []byte {
	for _, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}

// excerptSize is how much of a message is shown around what was found, in bytes.
const excerptSize = 160

// excerptOf is a part of a text around the first of the words, in one line, if it
// has all.
func excerptOf(text string, words []string) (string, bool) {
	lower := strings.ToLower(text)
	for _, w := range words {
		if !strings.Contains(lower, w) {
			return "", false
		}
	}
	if len(lower) != len(text) { // some letters are longer in lower case
		text = lower
	}
	at := strings.Index(lower, words[0])
	from, to := max(0, at-excerptSize/3), min(len(text), at+excerptSize*2/3)
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	part := strings.Join(strings.Fields(text[from:to]), " ")
	if from > 0 {
		part = "…" + part
	}
	if to < len(text) {
		part += "…"
	}
	return part, true
}
