//go:build linux && !amd64

package main

func int80(int) int { return -1 }
