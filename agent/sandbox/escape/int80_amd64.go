//go:build linux

package main

// int80 makes a system call by the table of 32-bit programs.
func int80(number int) int
