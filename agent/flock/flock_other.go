//go:build !unix

// Package flock locks files against other processes. Here it cannot.
package flock

import "os"

// Try says that nobody else has the file.
func Try(*os.File) (bool, error) { return true, nil }
