package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// browse opens a page in the user's browser: the one in BROWSER, or the
// desktop's. It tells whether there was one to ask.
func browse(url string) bool {
	program := opener()
	if len(program) == 0 {
		return false
	}
	cmd := exec.Command(program[0], append(program[1:], url)...)
	if cmd.Start() != nil {
		return false
	}
	go cmd.Wait() // it may stay for as long as the browser does; nothing depends on it
	return true
}

// opener is the program that opens a page, with its arguments.
func opener() []string {
	if fields := strings.Fields(os.Getenv("BROWSER")); len(fields) > 0 {
		return fields
	}
	switch runtime.GOOS {
	case "darwin":
		return []string{"open"}
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return nil // nothing could show it
	}
	return []string{"xdg-open"}
}
