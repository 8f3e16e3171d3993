package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"codex-lsp/agent/config"
)

// maxLog is when a log file is begun anew; the one before is kept beside it.
const maxLog = 8 << 20

// newLog writes to file, or to the log in Codex's home, or else to stderr.
// Standard output belongs to the protocol.
func newLog(file string, o config.Options, level slog.Level, stderr io.Writer) (log *slog.Logger, closeLog func()) {
	if file == "" {
		if home, err := config.Home(o); err == nil {
			file = filepath.Join(home, "log", "codex-lsp.log")
		}
	}
	out, closeLog := stderr, func() {}
	if f, err := openLog(file); err == nil {
		out, closeLog = f, func() { f.Close() }
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level})), closeLog
}

// logName is the file for the log, "" for the one in Codex's home. Where nothing is
// to be left there is none, unless one is named.
func logName(file string, ephemeral bool) string {
	if file == "" && ephemeral {
		return os.DevNull
	}
	return file
}

func openLog(file string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	if info, err := os.Stat(file); err == nil && info.Size() > maxLog {
		_ = os.Rename(file, file+".1")
	}
	return os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}
