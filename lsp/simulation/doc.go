// Package simulation plays thousands of seeded sessions between the language
// server and editors that answer at once, late, twice, with nonsense or never,
// that interrupt, cancel and disappear, all in fake time. Everything is real
// but the clock, the socket and the commands: the wire, the ledger, the turn
// loop, the model's HTTP stream.
//
// It is a package of its own because one process may have only one bubble of
// fake time with connections in it.
package simulation
