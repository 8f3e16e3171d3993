package patch
import "testing"
func TestZZ(t *testing.T) {
	for _, h := range []string{" end\n+x\n", " end\n+\n", "+x\n", " end\n+x\n+y\n"} {
		p, err := Parse(wrapped("*** Update File: a\n@@\n" + h))
		if err != nil { t.Fatal(err) }
		c, err := p.Apply(files{"a": "z\nend"})
		if err != nil { t.Log(err); continue }
		t.Logf("%q: %q hunks %v edits %v -> %q", h, c[0].After, c[0].Hunks, c[0].Edits(), ApplyEdits(c[0].Before, c[0].Edits()))
	}
}
