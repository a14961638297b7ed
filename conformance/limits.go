package conformance

import "time"

var limitCases = []Case{
	{
		ID: "size-rcpt-limit-orderly", Level: Must, RFC: "5321 §4.5.3.1.8",
		Title: "A limit on recipients shows in the replies, never in a lost connection.",
		Test:  "see rcpt-too-many-452: no earlier recipient is dropped; fail: connection lost",
		Needs: "recipient",
		Run: func(t *T) {
			c := t.Session()
			c.Mail()
			for i := range 300 {
				r := c.Cmd(t.RcptLine())
				if r.Err != nil || r.Code == 421 {
					t.Failf("recipient %d: %s", i+1, r)
					return
				}
				if r.Code/100 != 2 {
					t.Recordf("recipient %d: %s", i+1, r)
					c.Cmd("DATA").Want("354; else fail")
					c.Close()
					return
				}
			}
			c.Cmd("RSET").Want("250")
		},
	},
	{
		ID: "time-idle-5min", Level: Should, RFC: "5321 §4.5.3.2.7",
		Title: "A quiet client is kept for 5 minutes at least.",
		Test:  "slow: idle 299 s, then NOOP 250",
		Needs: "slow",
		Run: func(t *T) {
			c := t.Session()
			time.Sleep(299 * time.Second)
			c.Cmd("NOOP").Want("250; warn 421 close")
		},
	},
	{
		ID: "time-mid-transaction", Level: Should, RFC: "5321 §4.5.3.2.7",
		Title: "The 5 minutes hold after every command.",
		Test:  "slow: 4 min 50 s after each of MAIL, RCPT, 354",
		Needs: "recipient, slow",
		Run: func(t *T) {
			wait := 290 * time.Second
			c := t.Session()
			c.Mail()
			time.Sleep(wait)
			c.Cmd(t.RcptLine()).Want("250 251; warn 421 close")
			time.Sleep(wait)
			c.Cmd("DATA").Want("354; warn 421 close")
			time.Sleep(wait)
			c.End(t.Text(t.Token(), "sent slowly\r\n")).Want("250; warn 421 close")
		},
	},
	{
		ID: "time-idle-421", Level: May, RFC: "5321 §3.8; §4.5.3.2.7",
		Title: "A server may close after its timeout; whether it says 421 first is recorded.",
		Test:  "slow: idle until closed; recorded; warn: earlier than 5 min",
		Needs: "slow",
		Run: func(t *T) {
			c := t.Session()
			began := time.Now()
			r, quiet := c.QuietFor(11 * time.Minute)
			d := time.Since(began).Round(time.Second)
			if quiet {
				t.Recordf("open after %v", d)
				return
			}
			t.Recordf("after %v: %s", d, r)
			if d < 5*time.Minute-time.Second {
				t.Warnf("closed after %v", d)
			}
		},
	},
	{
		ID: "time-data-slow", Level: Should, RFC: "5321 §4.5.3.2.7",
		Title: "A slow sender of data is kept (the rule is worded for commands).",
		Test:  "slow: one line a minute for 6 minutes",
		Needs: "recipient, slow",
		Run: func(t *T) {
			c := t.Session()
			c.Transaction()
			c.Data()
			c.Write(t.Text(t.Token(), ""))
			for range 6 {
				time.Sleep(time.Minute)
				c.Write("a line a minute\r\n")
			}
			c.End("").Want("250; warn 421 close")
		},
	},
	{
		ID: "time-greeting", Level: May, RFC: "5321 §4.5.3.2.1",
		Title: "The greeting may be delayed under load; the client's timeout is 5 minutes.",
		Test:  "measured; recorded, warn over 30 s",
		Run: func(t *T) {
			c := t.Connect()
			r := c.Greeting().Need("220")
			t.Recordf("the greeting came after %v", r.After.Round(time.Millisecond))
			if r.After > 30*time.Second {
				t.Warnf("the greeting took %v", r.After)
			}
		},
	},
	{
		ID: "time-end-of-data", Level: Must, RFC: "5321 §6.1; §4.5.3.2.6",
		Title: "The answer to the dot comes well within 10 minutes.",
		Test:  "measured; warn over 60 s",
		Needs: "recipient",
		Run: func(t *T) {
			r := t.Session().Message(t.Text(t.Token(), "its reply is timed\r\n")).Need("2yz", "5yz")
			t.Recordf("the reply came after %v", r.After.Round(time.Millisecond))
			if r.After > time.Minute {
				t.Warnf("the reply to the end of data took %v", r.After)
			}
		},
	},
}
