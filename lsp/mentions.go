package lsp

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

// reference matches @file, @file:7 and @file:7-9 in a prompt.
var reference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|[\s(])@([^\s@:()]+)(?::(\d+)(?:-(\d+))?)?`) })

// maxMentions bounds the files that one prompt brings along.
const maxMentions = 20

// mentionsIn finds the files that a prompt refers to, relative to cwd or
// absolute. What is no file is just text.
func (s *server) mentionsIn(ctx context.Context, cwd, prompt string) []agent.Mention {
	var list []agent.Mention
	for _, m := range reference().FindAllStringSubmatch(prompt, maxMentions) {
		path := s.fileNamed(ctx, cwd, m[1])
		if path == "" {
			continue
		}
		r := linesNumbered(m[2], m[3])
		if mention, err := s.mention(ctx, string(uriOf(path)), r); err == nil {
			list = append(list, mention)
		}
	}
	return list
}

// fileNamed returns the path of a file that is open or on disk, "" if there is
// none. A full stop after a name ends the sentence.
func (s *server) fileNamed(ctx context.Context, cwd, name string) string {
	for _, try := range []string{name, strings.TrimRight(name, ".,;!?")} {
		path := try
		if !filepath.IsAbs(path) {
			path = filepath.Join(cwd, path)
		}
		if viewOf(ctx).at(path) != nil {
			return path
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// linesNumbered reads line numbers as people count; nil if there are none.
func linesNumbered(from, to string) *protocol.Range {
	first, err := strconv.ParseUint(from, 10, 31)
	if err != nil || first == 0 {
		return nil
	}
	last, err := strconv.ParseUint(to, 10, 31)
	if err != nil || last < first {
		last = first
	}
	return &protocol.Range{
		Start: protocol.Position{Line: uint32(first - 1)},
		End:   protocol.Position{Line: uint32(last - 1), Character: ^uint32(0) >> 1},
	}
}

// refer writes the reference that mentionsIn reads.
func refer(cwd, path string, first, last int) string {
	ref := "@" + relative(cwd, path) + ":" + strconv.Itoa(first)
	if last > first {
		ref += "-" + strconv.Itoa(last)
	}
	return ref
}
