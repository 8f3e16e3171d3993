package lsp

import (
	"slices"
	"unicode/utf8"

	"go.lsp.dev/protocol"
)

// An encoding is the unit that a client counts a line's characters in.
type encoding string

const (
	utf8Units  = encoding(protocol.PositionEncodingKindUTF8)
	utf16Units = encoding(protocol.PositionEncodingKindUTF16) // what every client knows
	utf32Units = encoding(protocol.PositionEncodingKindUTF32)
)

// negotiate picks the encoding: bytes where the client can, since they are
// what texts are made of here.
func negotiate(g *protocol.GeneralClientCapabilities) encoding {
	if g == nil {
		return utf16Units
	}
	for _, e := range []encoding{utf8Units, utf32Units} {
		if slices.Contains(g.PositionEncodings, protocol.PositionEncodingKind(e)) {
			return e
		}
	}
	return utf16Units
}

// units counts s.
func (e encoding) units(s string) uint32 {
	switch e {
	case utf8Units:
		return uint32(len(s))
	case utf32Units:
		return uint32(utf8.RuneCountInString(s))
	}
	n := uint32(0)
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++ // a surrogate pair
		}
	}
	return n
}

// bytes returns how many bytes of line the first n units are. Past the end is
// the end, as the protocol says; inside a character is before it.
func (e encoding) bytes(line string, n uint32) int {
	if e == utf8Units {
		i := min(int(n), len(line))
		for i > 0 && i < len(line) && !utf8.RuneStart(line[i]) {
			i--
		}
		return i
	}
	for i, r := range line {
		width := uint32(1)
		if e == utf16Units && r > 0xFFFF {
			width = 2
		}
		if n < width {
			return i
		}
		n -= width
	}
	return len(line)
}
