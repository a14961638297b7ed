package smtpclient

import (
	"crypto/tls"
	"net"
	"syscall"
)

// acknowledger makes the kernel acknowledge what comes at once. A server that
// writes each of several replies by itself is not let write the second before the
// first was acknowledged (RFC 896), and a kernel puts that off (RFC 9293
// §3.8.6.3), 40 ms here: Courier, Haraka and Sendmail took ten times as long for
// a message. The option is not kept by the kernel, so it is set before each read.
func acknowledger(conn net.Conn) func() {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	if addr := conn.LocalAddr(); addr == nil || addr.Network() != "tcp" {
		return nil
	}
	tcp, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	set := func(fd uintptr) {
		// Where it can't be had all goes on as before, only slower.
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	}
	return func() { _ = raw.Control(set) }
}
