package model

import (
	"errors"
	"math/rand/v2"
	"time"
)

const (
	firstWait = 200 * time.Millisecond // doubles with each failure
	longWait  = 30 * time.Second       // where doubling ends: a user notices a network that is back
	patience  = 2 * time.Minute        // the longest wait a provider may ask for; beyond it the user decides
)

// Retry says whether a response that ended with err should be asked for again,
// and how long to wait before. failures counts those before this one, in a row;
// tries is how many are forgiven. A missing network is always tried again.
func Retry(err error, failures, tries int) (wait time.Duration, again bool) {
	var e *Error
	if !errors.As(err, &e) {
		return 0, false
	}
	switch e.Kind {
	case Offline:
		return backOff(failures), true
	case Broken, Internal:
		return e.wait(failures, tries)
	case Limited:
		if e.After > 0 {
			return e.wait(failures, tries)
		}
	}
	return 0, false
}

// retryRequest is Retry for an attempt that did not open a stream.
func retryRequest(e *Error, failures, tries int) (wait time.Duration, again bool) {
	switch e.Kind {
	case Offline, Broken, Internal:
		return e.wait(failures, tries)
	}
	return 0, false
}

// wait is what the provider asks for, and no less than the back-off.
func (e *Error) wait(failures, tries int) (time.Duration, bool) {
	if failures >= tries || e.After > patience {
		return 0, false
	}
	return max(e.After, backOff(failures)), true
}

// backOff doubles, and strays by a tenth, so that clients which failed together
// do not come back together.
func backOff(failures int) time.Duration {
	d := longWait
	if failures < 16 { // beyond it the shift would be large
		d = min(d, firstWait<<failures)
	}
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
