// Package point names the moments around each write to disk, so that tests can
// end the process in every one of them.
package point

var hit = func(string) {}

// At says that the process is at a point.
func At(name string) { hit(name) }

// Watch has f called at every point from now on. It is for tests, in a process
// that does nothing else yet.
func Watch(f func(name string)) { hit = f }
