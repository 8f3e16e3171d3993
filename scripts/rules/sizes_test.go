package rules

import (
	"go/ast"
	"strings"
	"testing"
)

const (
	maxFunction = 70  // lines: what fits a screen
	maxFile     = 400 // lines: one idea; tests are data and may be longer
)

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if ast.IsGenerated(s.syntax) {
			continue
		}
		if n := s.set.File(s.syntax.Pos()).LineCount(); n > maxFile && !s.isTest() {
			t.Errorf("%s has %d lines, more than %d: it holds more than one idea", s.path, n, maxFile)
		}
		for _, d := range s.syntax.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.lines(f) > maxFunction {
				t.Errorf("%s: %s has %d lines, more than %d", s.path, f.Name.Name, s.lines(f), maxFunction)
			}
		}
	}
}

func TestPackageDocs(t *testing.T) {
	documented := make(map[string]bool)
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		documented[s.dir()] = documented[s.dir()] || s.syntax.Doc != nil && strings.TrimSpace(s.syntax.Doc.Text()) != ""
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}
