//go:build linux

package main

import (
	"context"
	"errors"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// heardFrom tells whether the host has heard from the sandbox.
func heardFrom(who string) func(*world, string) bool {
	return func(w *world, _ string) bool {
		for start := time.Now(); time.Since(start) < patience; { // what was sent over the loopback has come, but may not have been read
			if w.reached.has(who) {
				return true
			}
			time.Sleep(time.Millisecond)
		}
		return false
	}
}

func dial(network string, address func(*world) string) func(*world) error {
	return func(w *world) error {
		c, err := net.DialTimeout(network, address(w), time.Second)
		if err != nil {
			return err
		}
		_, err = c.Write([]byte("x"))
		return errors.Join(err, c.Close())
	}
}

func openSocket(domain, kind, protocol int) func(*world) error {
	return func(*world) error {
		fd, err := unix.Socket(domain, kind, protocol)
		unix.Close(fd)
		return err
	}
}

var network = []attempt{
	{Name: "connect to a service on the loopback", try: dial("tcp", func(w *world) string { return w.TCP }), worked: heardFrom("tcp")},
	{Name: "connect while sending, which is no connect", Needs: "net.ipv4.tcp_fastopen", try: func(w *world) error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		return unix.Sendto(fd, []byte("x"), unix.MSG_FASTOPEN, address4(w.TCP))
	}, worked: heardFrom("tcp")},
	{Name: "connect over Multipath TCP", try: func(w *world) error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP)
		if err != nil {
			return err
		}
		return unix.Connect(fd, address4(w.TCP))
	}, worked: heardFrom("tcp")},
	{Name: "send a datagram", try: dial("udp", func(w *world) string { return w.UDP }), worked: heardFrom("udp")},
	{Name: "look up a name, which tells it to a server", try: func(w *world) error {
		r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", w.UDP)
		}}
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_, err := r.LookupHost(ctx, "secret.example.com")
		return err
	}, worked: heardFrom("udp")},
	{Name: "listen for connections", try: func(*world) error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			l.Close()
		}
		return err
	}},
	{Name: "open a raw socket", Root: true, try: openSocket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)},
	{Name: "open a packet socket", Root: true, try: openSocket(unix.AF_PACKET, unix.SOCK_RAW, 0)},
	{Name: "open a socket to the kernel", try: openSocket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)},
	{Name: "open a socket to the hypervisor", Needs: "vsock", try: openSocket(unix.AF_VSOCK, unix.SOCK_STREAM, 0)},
	{Name: "connect to a Unix socket by its path", try: dial("unix", func(w *world) string { return w.Path }), worked: heardFrom("path")},
	{Name: "connect to a Unix socket in the workspace", try: dial("unix", func(w *world) string { return w.InWS }), worked: heardFrom("inws")},
	{Name: "connect to a Unix socket without a path", try: dial("unix", func(w *world) string { return w.Abstract }), worked: heardFrom("abstract")},
	{Name: "send a datagram to a Unix socket", try: dial("unixgram", func(w *world) string { return w.Dgram }), worked: heardFrom("dgram")},
	{Name: "send a datagram from one of a pair of sockets", try: func(w *world) error {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		return unix.Sendto(pair[0], []byte("x"), 0, &unix.SockaddrUnix{Name: w.Dgram})
	}, worked: heardFrom("dgram")},
	{Name: "send a message from one of a pair of sockets", try: func(w *world) error {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		return unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(0), &unix.SockaddrUnix{Name: w.Dgram}, 0)
	}, worked: heardFrom("dgram")},
	{Name: "connect one of a pair of sockets to another", try: func(w *world) error {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		if err := unix.Connect(pair[0], &unix.SockaddrUnix{Name: w.Dgram}); err != nil {
			return err
		}
		_, err = unix.Write(pair[0], []byte("x"))
		return err
	}, worked: heardFrom("dgram")},
}

func address4(hostport string) *unix.SockaddrInet4 {
	a, err := net.ResolveTCPAddr("tcp4", hostport)
	if err != nil {
		return &unix.SockaddrInet4{}
	}
	return &unix.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.To4())}
}
