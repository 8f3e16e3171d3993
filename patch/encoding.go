package patch

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An encoding is how the bytes of a file stand for text. Where none is known
// the bytes are the text: Latin-1 and its like differ from UTF-8 only in lines
// that a patch cannot name anyway, and that checkEncoding does not let it add.
type encoding struct {
	mark  string // the byte order mark
	units units  // of UTF-16; nil for bytes
}

type units interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// byteOrderMark is what a file may begin with, in UTF-8.
const byteOrderMark = "\ufeff"

// cutMark takes a byte order mark off a line, where its text begins.
func cutMark(line string) (rest string, marked bool) {
	depth := indentOf(line)
	if rest, marked = strings.CutPrefix(line[len(depth):], byteOrderMark); marked {
		return depth + rest, true
	}
	return line, false
}

var encodings = []encoding{
	{mark: byteOrderMark},
	{mark: "\xff\xfe", units: binary.LittleEndian},
	{mark: "\xfe\xff", units: binary.BigEndian},
}

// encodingOf tells the encoding of a file by its byte order mark.
func encodingOf(raw string) encoding {
	for _, e := range encodings {
		wide := strings.HasPrefix(raw, e.mark+"\x00\x00") // UTF-32, or no text at all
		if strings.HasPrefix(raw, e.mark) && (e.units == nil || len(raw)%2 == 0 && !wide) {
			return e
		}
	}
	return encoding{}
}

// decode returns the text after the mark, in UTF-8. Half a surrogate pair is
// kept in the three bytes that UTF-8 would have for it, so that encode finds
// it again.
func (e encoding) decode(raw string) string {
	raw = raw[len(e.mark):]
	if e.units == nil {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i += 2 {
		r := rune(e.units.Uint16([]byte(raw[i : i+2])))
		if utf16.IsSurrogate(r) && i+4 <= len(raw) {
			low := rune(e.units.Uint16([]byte(raw[i+2 : i+4])))
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				r, i = pair, i+2
			}
		}
		out = appendRune(out, r)
	}
	return string(out)
}

func appendRune(out []byte, r rune) []byte {
	if utf16.IsSurrogate(r) {
		return append(out, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
	}
	return utf8.AppendRune(out, r)
}

// encode is the inverse of decode.
func (e encoding) encode(text string) string {
	if e.units == nil {
		return e.mark + text
	}
	out := append(make([]byte, 0, 2*len(text)+2), e.mark...)
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			r, size = halfPair(text)
		}
		if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
			out = e.units.AppendUint16(out, uint16(hi))
			r = lo
		}
		out = e.units.AppendUint16(out, uint16(r))
		text = text[size:]
	}
	return string(out)
}

// halfPair reads half a surrogate pair as decode writes it.
func halfPair(text string) (r rune, size int) {
	if len(text) >= 3 && text[0] == 0xed && text[1]&0xe0 == 0xa0 && text[2]&0xc0 == 0x80 {
		return 0xd000 | rune(text[1]&0x3f)<<6 | rune(text[2]&0x3f), 3
	}
	return utf8.RuneError, 1
}

// readable is a file's text as one reads it: UTF-16 as UTF-8, all else as it is.
func readable(raw string) string {
	if e := encodingOf(raw); e.units != nil {
		return e.decode(raw)
	}
	return raw
}

// checkEncoding refuses to add to a text what would be in another encoding than
// the rest. Which one a text is in that is not UTF-8, its bytes do not tell:
// Latin-1 and KOI8 look alike.
func (m *matcher) checkEncoding(text string) error {
	for _, s := range m.all {
		for _, line := range s.Lines {
			if line.Kind != '+' || isASCII(line.Text) || !utf8.ValidString(line.Text) {
				continue
			}
			if m.marked || mostlyUTF8(text) {
				return nil
			}
			return m.fails(s, "the file is not UTF-8 (but Latin-1, say), so the bytes to write for %q are unknown; write it in ASCII, or convert the file first", line.Text)
		}
	}
	return nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// mostlyUTF8 tells whether a text is UTF-8, perhaps with a few broken bytes.
func mostlyUTF8(text string) bool {
	good, bad := 0, 0
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			bad++
		case r >= utf8.RuneSelf:
			good++
		}
	}
	return bad == 0 || good > bad
}
