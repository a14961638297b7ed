// go-smtp PORT CERTIFICATE-FOLDER MAIL-FOLDER: a server of emersion's go-smtp with STARTTLS on PORT, TLS from the start on
// PORT+1, LMTP on PORT+2, and all extensions on. A message is kept octet for octet, with CRLF, in a maildir for each
// recipient; Return-Path and Received stand before it.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

func main() {
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	certificate, err := tls.LoadX509KeyPair(filepath.Join(os.Args[2], "cert.pem"), filepath.Join(os.Args[2], "key.pem"))
	if err != nil {
		log.Fatal(err)
	}
	serve := func(port int, lmtp bool) *smtp.Server {
		s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{conn: c}, nil }))
		s.Network, s.Addr, s.Domain, s.LMTP = "tcp", fmt.Sprintf("127.0.0.1:%d", port), "mail.example.test", lmtp
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
		s.AllowInsecureAuth, s.MaxMessageBytes, s.MaxRecipients = true, 20<<20, 1000
		s.EnableSMTPUTF8, s.EnableREQUIRETLS, s.EnableBINARYMIME, s.EnableDSN = true, true, true, true
		s.EnableRRVS, s.EnableDELIVERBY, s.EnableMTPRIORITY = true, true, true
		return s
	}
	go func() { log.Fatal(serve(port+1, false).ListenAndServeTLS()) }()
	go func() { log.Fatal(serve(port+2, true).ListenAndServe()) }()
	log.Fatal(serve(port, false).ListenAndServe())
}

// A session is a connection's.
type session struct {
	conn *smtp.Conn
	user string
	from string
	to   []string // mailboxes
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(identity, user, password string) error {
		if identity != "" && identity != user || user != "tester@example.test" || password != "testpass" {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.Reset()
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	local, domain, _ := strings.Cut(strings.ToLower(to), "@")
	switch {
	case domain != "example.test":
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "relaying denied"}
	case local != "tester" && local != "postmaster":
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "unknown user"}
	}
	s.to = append(s.to, local)
	return nil
}

func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	protocol := "ESMTP"
	if _, ok := s.conn.TLSConnectionState(); ok {
		protocol += "S"
	}
	if s.user != "" {
		protocol += "A"
	}
	client := strings.Map(func(r rune) rune {
		if strings.ContainsRune(".:[]-", r) || r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '?'
	}, s.conn.Hostname())
	trace := fmt.Sprintf("Return-Path: <%s>\r\nReceived: from %s ([127.0.0.1]) by mail.example.test with %s;\r\n %s\r\n",
		s.from, client, protocol, time.Now().Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	for _, mailbox := range s.to {
		if err := deliver(mailbox, append([]byte(trace), content...)); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

var delivered atomic.Int64

// deliver writes below tmp and moves the file when it is whole, so that a
// reader of new/ sees no half message.
func deliver(mailbox string, octets []byte) error {
	name := strconv.FormatInt(delivered.Add(1), 10)
	folder := filepath.Join(os.Args[3], mailbox)
	if err := os.WriteFile(filepath.Join(folder, "tmp", name), octets, 0o644); err != nil {
		return err
	}
	return os.Rename(filepath.Join(folder, "tmp", name), filepath.Join(folder, "new", name))
}
