package execpolicy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Append writes a rule to the end of a file, which is made if there is none.
// The rule is on disk, and says what it should, or there is an error and the
// file is as it was.
func Append(file string, r *Rule) error {
	old, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	text := string(old)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	text += r.String() + "\n"
	if again := Parse(file, text); len(again.Problems) > 0 {
		return fmt.Errorf("the rule was not added, since nothing in a file with an error allows anything: %w", again.Problems[0])
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text[len(old):])
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
