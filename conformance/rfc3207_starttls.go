package conformance

import (
	"crypto/tls"
	"strings"
	"time"
)

// clear is a connection without TLS on which EHLO was said and STARTTLS is offered.
func (t *T) clear() *Conn {
	t.circ.Link = LinkPlain
	c := t.Greeted()
	c.Hello().Need("250")
	if _, ok := c.Offers("STARTTLS"); !ok {
		t.Skipf("STARTTLS")
	}
	return c
}

// upgraded makes a connection TLS; the greeting, EHLO and STARTTLS went before.
func (t *T) upgraded() *Conn {
	t.circ.Link = LinkStartTLS
	return t.Greeted()
}

// injected writes octets behind STARTTLS, in the same write or a second one, and
// complains if they are served under TLS.
func injected(t *T, together, after string) *Conn {
	c := t.clear()
	c.Write("STARTTLS\r\n" + together)
	r := c.Read("STARTTLS")
	if r.Code != 220 {
		return nil // refused, or closed: nothing can come of it
	}
	if after != "" {
		c.Write(after)
		time.Sleep(20 * time.Millisecond)
	}
	if len(c.buf) > 0 && c.buf[0] >= '2' && c.buf[0] <= '5' {
		t.Failf("an octet that was sent in clear behind STARTTLS was answered in clear: %q", short(string(c.buf), 60))
		return nil
	}
	if err := c.Handshake(nil); err != nil {
		return nil // a handshake that fails is right too
	}
	if r, quiet := c.Quiet(); !quiet && r.Err == nil {
		t.Failf("what was sent in clear behind STARTTLS was answered under TLS: %s", r)
		return nil
	}
	c.Cmd("NOOP").Want("250 5yz close; fail 2yz 3yz")
	return c
}

const evil = "RSET\r\nEHLO evil.example\r\nMAIL FROM:<x@y.example>\r\n"

func notCounted(t *T, c *Conn) {
	if c == nil || c.err != nil {
		return
	}
	c.Cmd("RCPT TO:<x@relay-test.invalid>").Want("503 500 501 530; fail 2yz 550 4yz; else warn")
}

var startTLSCases = []Case{
	{
		ID: "tls-keyword", Level: Must, RFC: "3207 §2; §3",
		Title: "The keyword has no parameters.",
		Test:  "check",
		Needs: "tls",
		Run: func(t *T) {
			c := t.clear()
			if args, _ := c.Offers("STARTTLS"); args != "" {
				t.Failf("STARTTLS is offered with the parameters %q", args)
			}
		},
	},
	{
		ID: "tls-220", Level: Must, RFC: "3207 §4",
		Title: "STARTTLS gets 220 (454 if it can't now), then the handshake works.",
		Test:  "a client with 1.2 and 1.3: the handshake works; each of the two alone recorded",
		Needs: "tls",
		Vary:  "cut",
		Run: func(t *T) {
			for _, v := range []uint16{0, tls.VersionTLS12, tls.VersionTLS13} {
				c := t.clear()
				c.Cmd("STARTTLS").Want("220; warn 454")
				err := c.Handshake(func(cfg *tls.Config) {
					if v != 0 {
						cfg.MinVersion, cfg.MaxVersion = v, v
					}
				})
				switch {
				case err != nil && v == 0:
					t.Failf("the handshake fails: %s", plain(err))
				case err != nil:
					t.Recordf("%s: %s", tls.VersionName(v), plain(err))
				default:
					t.Recordf("%s works", tls.VersionName(c.tls.Version))
				}
			}
		},
	},
	{
		ID: "tls-12", Level: Must, RFC: "8314 §4",
		Title: "A submission server speaks TLS 1.2 or later.",
		Test:  "handshake with 1.2 to 1.3; fail: none works; on 25 warn",
		Needs: "tls",
		Run: func(t *T) {
			c := t.clear()
			c.Cmd("STARTTLS").Need("220")
			if err := c.Handshake(func(cfg *tls.Config) { cfg.MinVersion = tls.VersionTLS12 }); err != nil {
				if t.cfg.Submission {
					t.Failf("no handshake with TLS 1.2 or later: %s", plain(err))
				} else {
					t.Warnf("no handshake with TLS 1.2 or later: %s", plain(err))
				}
			}
		},
	},
	{
		ID: "tls-arg", Level: Must, RFC: "3207 §4",
		Title: "An argument gets 501.",
		Test:  "`STARTTLS x`; 220 fail",
		Needs: "tls",
		Run: func(t *T) {
			t.clear().Cmd("STARTTLS x").Want("501; warn 5yz; else fail")
		},
	},
	{
		ID: "tls-reset", Level: Must, RFC: "3207 §4.2",
		Title: "After the handshake the state is as after the greeting: EHLO and MAIL from before are forgotten.",
		Test:  "EHLO, MAIL, STARTTLS, handshake, RCPT: 503",
		Vary:  "cut", Needs: "tls, recipient",
		Run: func(t *T) {
			c := t.clear()
			if r := c.Cmd(t.MailLine()); r.Code != 250 {
				t.Skipf("MAIL before STARTTLS: %s", r)
			}
			if r := c.Cmd("STARTTLS"); r.Code != 220 {
				r.Record()
				return
			}
			if err := c.Handshake(nil); err != nil {
				t.Errorf("the handshake failed: %s", plain(err))
			}
			c.Cmd(t.RcptLine()).Want("503 530; warn 5yz; else fail")
		},
	},
	{
		ID: "tls-ehlo-again", Level: Must, RFC: "3207 §4.2",
		Title: "The EHLO name from before is not used under TLS.",
		Test:  "EHLO a in clear, EHLO b under TLS; Received shows b",
		Needs: "tls, mailbox",
		Run: func(t *T) {
			token := t.Token()
			c := t.clear()
			c.Cmd(verb(t) + " before-tls.example").Need("250")
			c.Cmd("STARTTLS").Need("220")
			if err := c.Handshake(nil); err != nil {
				t.Errorf("the handshake failed: %s", plain(err))
			}
			c.Cmd(verb(t) + " under-tls.example").Need("250")
			if t.run.facts.gated[LinkStartTLS] {
				c.Login()
			}
			c.Message(t.Text(token, "its Received field is read\r\n")).Need("250")
			if r := field(t.Arrived(token), "Received"); strings.Contains(r, "before-tls.example") || r != "" && !strings.Contains(r, "under-tls.example") {
				t.Failf("the Received field names the client as %q", short(r, 120))
			}
		},
	},
	{
		ID: "tls-mail-needs-ehlo", Level: Should, RFC: "3207 §4.2; 5321 §4.1.4",
		Title: "MAIL without a new EHLO is out of sequence.",
		Test:  "handshake, MAIL; 250 warn",
		Needs: "tls",
		Run: func(t *T) {
			t.upgraded().Cmd(t.MailLine()).Want("503 530; warn 250 5yz")
		},
	},
	{
		ID: "tls-not-again", Level: MustNot, RFC: "3207 §4.2",
		Title: "STARTTLS is not offered under TLS.",
		Test:  "EHLO after the handshake",
		Needs: "tls",
		Run: func(t *T) {
			c := t.upgraded()
			c.Hello().Need("250")
			if _, ok := c.Offers("STARTTLS"); ok {
				t.Failf("STARTTLS is offered under TLS")
			}
		},
	},
	{
		ID: "tls-list-differs", Level: May, RFC: "3207 §4.2",
		Title: "The keywords under TLS may differ.",
		Test:  "recorded: both lists",
		Needs: "tls",
		Run: func(t *T) {
			t.Recordf("in clear: %s", strings.Join(t.clear().hello.Lines[1:], ", "))
			c := t.upgraded()
			t.Recordf("under TLS: %s", strings.Join(c.Hello().Need("250").Lines[1:], ", "))
		},
	},
	{
		ID: "tls-twice", Level: Must, RFC: "3207 §4.2",
		Title: "STARTTLS under TLS is refused and TLS goes on.",
		Test:  "STARTTLS: 503, 502, 554, 454 or 501; NOOP in TLS: 250; fail: 220, or the link breaks",
		Needs: "tls",
		Vary:  "cut",
		Run: func(t *T) {
			c := t.upgraded()
			c.Hello().Need("250")
			if c.Cmd("STARTTLS").Want("503 502 554 454 501; warn 5yz; fail 220 close") {
				c.InStep()
			}
		},
	},
	{
		ID: "tls-in-transaction", Level: May, RFC: "3207 §4",
		Title: "What STARTTLS in a transaction does is recorded: 503, or 220 and all forgotten.",
		Test:  "MAIL, STARTTLS; fail: the transaction survives",
		Needs: "tls, recipient",
		Run: func(t *T) {
			c := t.clear()
			if r := c.Cmd(t.MailLine()); r.Code != 250 {
				t.Skipf("MAIL before STARTTLS: %s", r)
			}
			if r := c.Cmd("STARTTLS").Record(); r.Code == 220 {
				if err := c.Handshake(nil); err == nil {
					c.Cmd(t.RcptLine()).Want("5yz; fail 2yz")
				}
			}
		},
	},
	{
		ID: "tls-injection", Level: Must, RFC: "3207 §4.2; §6",
		Title: "Plain octets behind STARTTLS are never taken as commands under TLS (NO STARTTLS, 2021).",
		Test:  "STARTTLS, `RSET`, `EHLO evil.example`, `MAIL FROM:<x@y.example>` in one segment, handshake, NOOP, RCPT; STARTTLS refused, a failed handshake or close pass; fail: any reply to them under TLS, or a MAIL that counts (RCPT 250 or 550)",
		Needs: "tls",
		Run:   func(t *T) { notCounted(t, injected(t, evil, "")) }},
	{
		ID: "tls-injection-split", Level: Must, RFC: "3207 §4.2; §6",
		Title: "The same when they come in a second segment before the handshake.",
		Test:  "likewise: handshake may fail, or they are gone",
		Needs: "tls",
		Run:   func(t *T) { notCounted(t, injected(t, "", evil)) }},
	{
		ID: "tls-530", Level: Should, RFC: "3207 §4",
		Title: "A server that demands TLS says 530 to all but NOOP, EHLO, STARTTLS, QUIT.",
		Test:  "where MAIL gets 530: HELP, RSET, VRFY too; warn otherwise",
		Needs: "tls",
		Run: func(t *T) {
			c := t.clear()
			if r := c.Cmd(t.MailLine()); r.Code != 530 {
				t.Skipf("a server that demands TLS: MAIL got %s", r)
			}
			for _, line := range []string{"HELP", "RSET", "VRFY postmaster"} {
				c.Cmd(line).Want("530; warn any")
			}
		},
	},
	{
		ID: "tls-530-esc", Level: Should, RFC: "3207 §4",
		Title: "The 530 carries 5.7.0 where enhanced codes are used.",
		Test:  "check",
		Needs: "tls, ext:ENHANCEDSTATUSCODES",
		Run: func(t *T) {
			r := t.clear().Cmd(t.MailLine())
			if r.Code != 530 {
				t.Skipf("a server that demands TLS: MAIL got %s", r)
			}
			if r.Enhanced() != "5.7.0" {
				t.Warnf("expected 5.7.0, got %s", r)
			}
		},
	},
	{
		ID: "tls-530-exempt", Level: ShouldNot, RFC: "3207 §4",
		Title: "NOOP, EHLO, STARTTLS and QUIT never get that 530.",
		Test:  "where TLS is demanded; warn",
		Needs: "tls",
		Run: func(t *T) {
			c := t.clear()
			if r := c.Cmd(t.MailLine()); r.Code != 530 {
				t.Skipf("a server that demands TLS: MAIL got %s", r)
			}
			for _, line := range []string{"NOOP", t.HelloLine(), "QUIT"} {
				c.Cmd(line).Want("2yz; warn 530")
			}
		},
	},
	{
		ID: "tls-public-25", Level: MustNot, RFC: "3207 §4",
		Title: "A public MX does not demand TLS to deliver locally.",
		Test:  "if the user said that this is a public MX: MAIL, RCPT without TLS; fail: 530",
		Needs: "tls, recipient, public",
		Run: func(t *T) {
			c := t.clear()
			c.Cmd(t.MailLine()).Want("250; fail 530")
			c.Cmd(t.RcptLine()).Want("250 251; fail 530")
		},
	},
	{
		ID: "tls-handshake-failure", Level: Should, RFC: "3207 §4; §6",
		Title: "A failed handshake harms that connection only (robustness).",
		Test:  "garbage after 220; then a new session",
		Needs: "tls",
		Run: func(t *T) {
			c := t.clear()
			c.Cmd("STARTTLS").Need("220")
			c.Write("this is no handshake, and long enough to be seen as none\r\n")
			c.Closed(t.cfg.Quiet)
			c.Close()
			sanity(t)
		},
	},
	{
		ID: "tls-advertised-works", Level: ShouldNot, RFC: "8314 §4; 3207 §3",
		Title: "STARTTLS is not offered where it is likely to fail.",
		Test:  "454 or a failed handshake with a normal client: warn",
		Needs: "tls",
		Run: func(t *T) {
			c := t.clear()
			if r := c.Cmd("STARTTLS"); !r.Want("220; warn 454") {
				return
			}
			if err := c.Handshake(nil); err != nil {
				t.Warnf("the handshake of a normal client fails: %s", plain(err))
			}
		},
	},
	{
		ID: "tls-close-notify", Level: Should, RFC: "8314 §3.4",
		Title: "TLS ends with a close alert before TCP does (stated for submission).",
		Test:  "QUIT: 221, then close_notify; warn: TCP closed without",
		Needs: "tls",
		Vary:  "link",
		Run: func(t *T) {
			c := t.upgraded()
			c.Hello().Need("250")
			c.Cmd("QUIT").Need("221")
			deadline := time.Now().Add(5 * time.Second)
			for c.err == nil && c.fill(deadline) {
			}
			if c.err != errClosed || !c.notified {
				t.Warnf("TCP was closed without a close alert of TLS")
			}
		},
	},
	{
		ID: "tls-old-versions", Level: ShouldNot, RFC: "8314 §4; §4.1",
		Title: "Submission does not go on with TLS 1.0 or older.",
		Test:  "handshake with 1.0 only: warn if it succeeds on a submission port; on 25, and 1.1 anywhere, recorded",
		Needs: "tls",
		Run: func(t *T) {
			c := t.clear()
			c.Cmd("STARTTLS").Need("220")
			err := c.Handshake(func(cfg *tls.Config) { cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 })
			switch {
			case err != nil:
				t.Recordf("TLS 1.0: %s", plain(err))
			case t.cfg.Submission:
				t.Warnf("TLS 1.0 works")
			default:
				t.Recordf("TLS 1.0 works")
			}
		},
	},
	{
		ID: "tls-implicit", Level: Must, RFC: "8314 §3.3",
		Title: "On the port of implicit TLS the greeting comes inside TLS.",
		Test:  "handshake at once, greeting, EHLO without STARTTLS keyword",
		Needs: "tls-port",
		Run: func(t *T) {
			t.circ.Link = LinkImplicit
			c := t.Connect()
			c.Greeting().Want("220")
			c.Hello().Want("250")
		},
	},
	{
		ID: "tls-implicit-no-starttls", Level: MustNot, RFC: "3207 §4.2; 8314 §3.3",
		Title: "Under implicit TLS STARTTLS is not offered.",
		Test:  "check EHLO",
		Needs: "tls-port",
		Run: func(t *T) {
			t.circ.Link = LinkImplicit
			c := t.Greeted()
			c.Hello().Need("250")
			if _, ok := c.Offers("STARTTLS"); ok {
				t.Failf("STARTTLS is offered under implicit TLS")
			}
		},
	},
	{
		ID: "tls-both", Level: Should, RFC: "8314 §3.3; §4",
		Title: "Submission is served on 587 with STARTTLS and on 465.",
		Test:  "both ports given: each works; warn",
		Needs: "submission, tls-port",
		Run: func(t *T) {
			t.upgraded().Hello().Want("250")
			t.circ.Link = LinkImplicit
			t.Greeted().Hello().Want("250")
		},
	},
	{
		ID: "tls-no-cert-request", Level: MustNot, RFC: "8314 §4.2",
		Title: "No client certificate is asked for unless some are accepted for authentication.",
		Test:  "CertificateRequest in the handshake and no EXTERNAL under TLS: warn (the configuration is not seen)",
		Needs: "tls-port",
		Run: func(t *T) {
			asked := false
			c := t.dial(true)
			err := c.Handshake(func(cfg *tls.Config) {
				cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					asked = true
					return new(tls.Certificate), nil
				}
			})
			if err != nil {
				t.Errorf("the handshake failed: %s", plain(err))
			}
			c.Greeting().Need("220")
			c.Hello().Need("250")
			if asked && !strings.Contains(" "+c.offers["AUTH"]+" ", " EXTERNAL ") {
				t.Warnf("a client certificate is asked for, and EXTERNAL is not offered")
			}
		},
	},
	{
		ID: "tls-cert", Level: Must, RFC: "8314 §4.4; 7817 §3",
		Title: "The certificate of a submission server is valid for its name.",
		Test:  "verify against the name that the user gave; fail; on 25 recorded",
		Needs: "tls",
		Run: func(t *T) {
			c := t.clear()
			c.Cmd("STARTTLS").Need("220")
			switch err := c.Handshake(func(cfg *tls.Config) { cfg.InsecureSkipVerify = false }); {
			case err == nil:
			case t.cfg.Submission:
				t.Failf("%s", plain(err))
			default:
				t.Recordf("%s", plain(err))
			}
		},
	},
	{
		ID: "tls-implicit-plain", Level: May, RFC: "8314 §3.3; §4.1",
		Title: "What a plain EHLO gets there is recorded.",
		Test:  "no secret, no hang over 5 min",
		Needs: "tls-port",
		Run: func(t *T) {
			t.circ.Link = LinkPlain
			c := t.dial(true)
			c.Write(t.HelloLine() + "\r\n")
			r := c.read(t.cfg.Timeout)
			t.Recordf("a plain EHLO on the port of implicit TLS: %s", r)
		},
	},
}
