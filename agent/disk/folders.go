package disk

import (
	"os"
	"path/filepath"
	"slices"
)

// MissingFolders are those above a file that are not there, the outermost first.
func MissingFolders(path string) []string {
	var missing []string
	for at := filepath.Dir(path); at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil {
			break
		}
		missing = append(missing, at)
	}
	slices.Reverse(missing)
	return missing
}

// RemoveEmpty removes folders, of which each is in the one before, as long as
// they hold nothing.
func RemoveEmpty(folders []string) {
	for _, folder := range slices.Backward(folders) {
		if os.Remove(folder) != nil {
			return
		}
	}
}
