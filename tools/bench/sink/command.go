package sink

import (
	"bytes"
	"time"
)

// verb packs the first four letters of a line, in lower case.
func verb(line []byte) uint32 {
	if len(line) < 4 {
		return 0
	}
	return uint32(line[0]|32)<<24 | uint32(line[1]|32)<<16 | uint32(line[2]|32)<<8 | uint32(line[3]|32)
}

const (
	verbMail = 'm'<<24 | 'a'<<16 | 'i'<<8 | 'l'
	verbRcpt = 'r'<<24 | 'c'<<16 | 'p'<<8 | 't'
	verbData = 'd'<<24 | 'a'<<16 | 't'<<8 | 'a'
	verbBdat = 'b'<<24 | 'd'<<16 | 'a'<<8 | 't'
	verbRset = 'r'<<24 | 's'<<16 | 'e'<<8 | 't'
	verbNoop = 'n'<<24 | 'o'<<16 | 'o'<<8 | 'p'
	verbEhlo = 'e'<<24 | 'h'<<16 | 'l'<<8 | 'o'
	verbHelo = 'h'<<24 | 'e'<<16 | 'l'<<8 | 'o'
	verbQuit = 'q'<<24 | 'u'<<16 | 'i'<<8 | 't'
	verbAuth = 'a'<<24 | 'u'<<16 | 't'<<8 | 'h'
	verbStar = 's'<<24 | 't'<<16 | 'a'<<8 | 'r'
)

// command answers one line, given without its LF.
func (c *conn) command(line []byte) {
	if c.login {
		c.login, c.user = false, true
		c.reply("235 2.7.0 Welcome\r\n")
		return
	}
	switch verb(line) {
	case verbMail:
		switch {
		case c.sender:
			c.reply("503 5.5.1 MAIL was said already\r\n")
		case c.cfg.Auth && !c.user:
			c.reply("530 5.7.0 Authentication required\r\n")
		default:
			if c.stats.Began == 0 {
				c.stats.Began = time.Now().UnixNano()
			}
			c.sender = true
			c.reply("250 2.1.0 Ok\r\n")
		}
	case verbRcpt:
		if !c.sender {
			c.reply("503 5.5.1 MAIL first\r\n")
			return
		}
		c.rcpts++
		c.reply("250 2.1.5 Ok\r\n")
	case verbData:
		if c.rcpts == 0 {
			c.reply("503 5.5.1 RCPT first\r\n")
			return
		}
		c.data, c.tail = true, append(c.tail[:0], "\r\n"...)
		c.reply("354 End data with <CR><LF>.<CR><LF>\r\n")
	case verbBdat:
		c.chunk(line)
	case verbRset:
		c.sender, c.rcpts = false, 0
		c.reply("250 2.0.0 Ok\r\n")
	case verbNoop:
		c.reply("250 2.0.0 Ok\r\n")
	case verbEhlo:
		c.sender, c.rcpts = false, 0
		c.hello()
	case verbHelo:
		c.sender, c.rcpts = false, 0
		c.reply("250 sink.example.test\r\n")
	case verbAuth:
		c.auth(line)
	case verbStar:
		if !c.cfg.StartTLS || c.up {
			c.reply("503 5.5.1 Not offered\r\n")
			return
		}
		c.upNext = true
		c.reply("220 2.0.0 Go ahead\r\n")
	case verbQuit:
		c.quit = true
		c.reply("221 2.0.0 Bye\r\n")
	default:
		c.reply("500 5.5.2 Unknown command\r\n")
	}
}

func (c *conn) hello() {
	c.reply("250-sink.example.test\r\n250-8BITMIME\r\n250-SIZE 1073741824\r\n250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n")
	if c.cfg.Pipelining {
		c.reply("250-PIPELINING\r\n")
	}
	if c.cfg.Chunking {
		c.reply("250-CHUNKING\r\n")
	}
	if c.cfg.StartTLS && !c.up {
		c.reply("250-STARTTLS\r\n")
	}
	if c.cfg.Auth && (c.up || !c.cfg.StartTLS) {
		c.reply("250-AUTH PLAIN\r\n")
	}
	c.reply("250 HELP\r\n")
}

func (c *conn) auth(line []byte) {
	words := bytes.Fields(line)
	switch {
	case !c.cfg.Auth || len(words) < 2 || !bytes.EqualFold(words[1], []byte("PLAIN")):
		c.reply("504 5.5.4 AUTH PLAIN only\r\n")
	case len(words) == 2:
		c.login = true
		c.reply("334 \r\n")
	default:
		c.user = true
		c.reply("235 2.7.0 Welcome\r\n")
	}
}

// chunk begins the octets of a BDAT. Those of a refused one are eaten all the
// same (RFC 3030 §2), and counted for no message.
func (c *conn) chunk(line []byte) {
	var size int64
	rest := line[4:]
	for len(rest) > 0 && rest[0] == ' ' {
		rest = rest[1:]
	}
	digits := 0
	for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' && digits < 18 {
		size = size*10 + int64(rest[digits]-'0')
		digits++
	}
	if digits == 0 || !c.cfg.Chunking || c.rcpts == 0 {
		c.reply("503 5.5.1 Not now\r\n")
		c.quit = true // what follows can't be told from commands
		return
	}
	c.stats.Chunks++
	c.last = bytes.IndexByte(rest[digits:], 'L') >= 0 || bytes.IndexByte(rest[digits:], 'l') >= 0
	c.left = size
	if size == 0 {
		c.chunkEnd()
	}
}
