package client

var cases21 = []Case{
	{ID: "requiretls-not-offered", Level: Must, RFC: "8689 §4.2.1",
		Title:  "Asked for, not offered: the message is not sent.",
		Script: "`--requiretls`; not offered after TLS",
		Right:  "C: no MAIL => not-sent",
		Needs:  "tls, opt:requiretls",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), requireTLS)
			s.Never("MAIL")
			s.Outcome("not-sent")
		}},
	{ID: "requiretls-no-tls", Level: MustNot, RFC: "8689 §2",
		Title:  "Never without TLS.",
		Script: "Offered in clear, no TLS",
		Right:  "C: no MAIL REQUIRETLS => not-sent",
		Needs:  "opt:requiretls",
		Run: func(t *T) {
			s := t.Play(requireTLS, Offer("REQUIRETLS"))
			s.without("REQUIRETLS")
			s.Never("MAIL")
			s.Outcome("not-sent")
		}},
	{ID: "requiretls-sent", Level: Must, RFC: "8689 §2; §4.2.1",
		Title:  "REQUIRETLS on MAIL, without a value.",
		Script: "Offered after TLS",
		Right:  "C: `REQUIRETLS` => accepted",
		Needs:  "tls, ext:REQUIRETLS",
		Run: func(t *T) {
			s := t.Play(TLS("starttls"), requireTLS, OfferTLS("REQUIRETLS"))
			s.param("REQUIRETLS", "")
			s.Outcome("accepted")
		}},
	{ID: "limits-rcptmax", Level: Should, RFC: "9422 §4",
		Title:  "No more recipients in a transaction than RCPTMAX.",
		Script: "`250 LIMITS RCPTMAX=2`; 5 recipients",
		Right:  "C: three transactions, or the 452 taken rightly => accepted, or temporary for the rest",
		Run: func(t *T) {
			s := t.Play(many(5), Offer("LIMITS RCPTMAX=2"), Func(func(c *Conn, cmd *Line) []any {
				if cmd.Verb == "RCPT" && c.in != nil && len(c.in.accepted()) >= 2 {
					return []any{"452 too many recipients"}
				}
				return nil
			}))
			s.Outcome("accepted", "accepted", "accepted temporary")
		}},
	{ID: "limits-mailmax", Level: Should, RFC: "9422 §4",
		Title:  "No more transactions on a connection than MAILMAX.",
		Script: "`LIMITS MAILMAX=2`; `--count 5`",
		Right:  "C: a new connection, or the refusal taken rightly => accepted",
		Needs:  "opt:count",
		Run: func(t *T) {
			s := t.Play(Count(5), Offer("LIMITS MAILMAX=2"), Func(func(c *Conn, cmd *Line) []any {
				n := 0
				for _, l := range c.Lines {
					if l.Verb == "MAIL" {
						n++
					}
				}
				if cmd.Verb == "MAIL" && n > 2 {
					return []any{"421 that was all", Close}
				}
				return nil
			}))
			for i := range 5 {
				s.OutcomeOf(i, "accepted")
			}
		}},
	{ID: "limits-bad", Level: Robust, RFC: "9422 §3",
		Title:  "Bad pairs are passed over.",
		Script: "`LIMITS RCPTMAX=x FOO MAILMAX=0 =3`",
		Right:  "C: goes on => accepted",
		Run: func(t *T) {
			s := t.Play(Offer("LIMITS RCPTMAX=x FOO MAILMAX=0 =3"))
			s.Outcome("accepted")
		}},
}

// requireTLS asks for REQUIRETLS.
func requireTLS(p *play) { p.job.RequireTLS = true }
