// Package rules holds no code. Its tests keep the two rules of this repository
// that no compiler checks: which package may import which, and how long a
// function or a file may be.
package rules
