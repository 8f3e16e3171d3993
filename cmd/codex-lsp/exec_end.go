package main

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// What shells make of a program that SIGINT or SIGPIPE ended.
const (
	exitInterrupted = 128 + 2
	exitUnread      = 128 + 13
)

// endings are the signals that interrupt a turn. What our parent has us ignore,
// as nohup(1) does SIGHUP, we go on ignoring.
func endings() []os.Signal {
	signals := []os.Signal{syscall.SIGTERM}
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signals = append(signals, s)
		}
	}
	return signals
}

// An outlet is where output goes that somebody reads, until they leave.
type outlet struct {
	io.Writer
	unread func() // nobody reads any more
}

// newOutlet returns w as it is if it is a terminal, which others look for.
func newOutlet(w io.Writer, unread func()) io.Writer {
	if isTerminal(w) {
		return w
	}
	return outlet{w, unread}
}

func (o outlet) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		o.unread()
	}
	return n, err
}

// surviveUnread makes a write that nobody reads an error: the signal that comes
// with it would end us in the middle of an edit. The return value undoes that.
func surviveUnread() (undo func()) {
	c := make(chan os.Signal, 1) // not Ignore, which commands would inherit
	signal.Notify(c, syscall.SIGPIPE)
	return func() { signal.Stop(c) }
}
