//go:build !linux

package smtpclient

import "net"

// acknowledger is for Linux alone.
func acknowledger(net.Conn) func() { return nil }
