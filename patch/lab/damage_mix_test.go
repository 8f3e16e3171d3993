//go:build long

package lab

// mixDamages are several at once.
var mixDamages = []damage{
	{"two of the text", applies, func(d *dealer) bool { return d.mix(2) }},
	{"three of the text", applies, func(d *dealer) bool { return d.mix(3) }},
	{"one of the text, and a wrapping", applies, func(d *dealer) bool {
		return d.mix(1) && d.wrap()
	}},
	{"a header, two of the text, and a wrapping", applies, func(d *dealer) bool {
		h := headerDamages[d.r.Intn(len(headerDamages))]
		return h.do(d) && d.text == "" && d.mix(2) && d.wrap()
	}},
}

// mix deals n of the damages of text.
func (d *dealer) mix(n int) bool {
	for range n {
		dm := textDamages[d.r.Intn(len(textDamages))]
		if !dm.do(d) || d.text != "" {
			return false
		}
	}
	return true
}

// wrap deals one of the damages of the patch as a text that leave it whole.
func (d *dealer) wrap() bool {
	w := wrapDamages[d.r.Intn(len(wrapDamages))]
	return w.want == applies && w.do(d)
}
