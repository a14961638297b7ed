package client

import (
	"time"
)

var cases17b = []Case{
	{ID: "tls-handshake-silent", Level: Robust, RFC: "robust",
		Title:  "A server that never answers the ClientHello is given up.",
		Script: "Silence; `--timeout 3`",
		Right:  "C: ends by the timeout => not-sent or temporary",
		Needs:  "tls, opt:timeout",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), Timeout(3*time.Second), On("STARTTLS", "220 go", Hang))
			s.Within(10 * time.Second)
			s.Outcome("lost")
		}},
	{ID: "tls-close-in-middle", Level: Must, RFC: "5321 §3.8",
		Title:  "A TLS stream cut without close_notify after content is a lost connection.",
		Script: "Cut the TCP after the dot, no reply",
		Right:  "C: => unknown",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), On("dot", Cut))
			s.Outcome("unknown")
		}},
	{ID: "tls-truncated-reply", Level: Must, RFC: "5321 §4.2",
		Title:  "A reply cut inside TLS is no reply.",
		Script: "`250` without CRLF after the dot, then close",
		Right:  "C: => unknown",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), On("dot", Raw("250"), Close))
			s.Outcome("unknown")
		}},
	{ID: "tls-sni", Level: Should, RFC: "8446; 6066 §3",
		Title:  "The name asked for is in the SNI.",
		Script: "`--name mx.test`",
		Right:  "C: SNI mx.test (none for an IP) => accepted",
		Needs:  "tls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"))
			for _, c := range s.Conns {
				if c.TLSState != nil && c.TLSState.ServerName != "mx.test" {
					t.Complainf("expected the server name mx.test, got %q", c.TLSState.ServerName)
				}
			}
			s.Outcome("accepted")
		}},
}
