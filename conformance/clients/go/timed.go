package main

import (
	"net"
	"time"
)

// timed is a connection whose reads and writes take no longer than a time.
type timed struct {
	net.Conn
	each time.Duration
}

func (c timed) Read(b []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(c.each))
	return c.Conn.Read(b)
}

func (c timed) Write(b []byte) (int, error) {
	c.SetWriteDeadline(time.Now().Add(c.each))
	return c.Conn.Write(b)
}
