package conformance

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"

	"github.com/tabellarius/tabellarius/auth"
)

// first sends a client-first message by a SCRAM mechanism and gives the
// server-first, decoded; empty if the server refused.
func (c *Conn) first(mechanism, message string) (string, Reply) {
	r := c.Cmd("AUTH " + mechanism + " " + b64(message))
	if r.Code != 334 {
		return "", r
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Text()))
	if err != nil {
		c.t.Failf("%s: the challenge is not base64: %s", mechanism, r)
	}
	return string(text), r
}

// scram is the SCRAM mechanism without channel binding that is offered.
func (c *Conn) scram() string {
	for _, m := range c.mechanisms() {
		if strings.HasPrefix(m, "SCRAM-") && !strings.HasSuffix(m, "-PLUS") {
			return m
		}
	}
	c.t.Skipf("SCRAM")
	return ""
}

const nonce = "fyko+d2lbbFgONRv9qkxdawL"

// refusedFirst sends a client-first that has to fail, and if a server-first comes
// a client-final that can't be right.
func refusedFirst(t *T, message string) {
	c := t.stranger()
	c.refuses(c.scram(), message)
}

func (c *Conn) refuses(mechanism, message string) {
	text, r := c.first(mechanism, message)
	if r.Code != 334 {
		r.Want("5yz 4yz; fail 2yz")
		return
	}
	if strings.HasPrefix(text, "e=") {
		c.Cmd("").Want("5yz; fail 2yz")
		return
	}
	c.t.Failf("%q got a server-first: %q", message, short(text, 80))
	c.Cmd("*")
}

var mechanismCases = []Case{
	{
		ID: "plain-255", Level: Must, RFC: "4616 §2",
		Title: "Each of the three parts may have 255 octets.",
		Test:  "authzid, user, password of 255 octets each, without initial response: 535, not 500 or 501",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			c.Cmd("AUTH PLAIN").Need("334")
			part := strings.Repeat("p", 255)
			c.Cmd(plainIR(part, part, part)).Want("535; warn 5yz; fail 500 501 2yz")
		},
	},
	{
		ID: "plain-authzid", Level: Must, RFC: "4616 §2; 4422 §3.6",
		Title: "An identity that the user may not act as is refused.",
		Test:  "right password, authzid of somebody else: 535; own name as authzid: 235 or 535 recorded",
		Needs: "auth:PLAIN",
		Run: func(t *T) {
			c := t.stranger()
			c.secretCmd("AUTH PLAIN", plainIR("somebody-else", t.cfg.User, t.cfg.Password)).Want("535 5yz; fail 2yz")
			c = t.stranger()
			c.secretCmd("AUTH PLAIN", plainIR(t.cfg.User, t.cfg.User, t.cfg.Password)).Want("record any")
		},
	},
	{
		ID: "plain-utf8", Level: Must, RFC: "4616 §2",
		Title: "The message is UTF-8: other octets fail.",
		Test:  "`\\xff` in user and password: 535 or 501; fail 235",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("PLAIN")
			c.Cmd("AUTH PLAIN " + plainIR("", "\xff", "\xff")).Want("535 501; warn 5yz; fail 2yz")
		},
	},
	{
		ID: "cram-challenge", Level: Must, RFC: "2195 §2",
		Title: "The challenge has the form of a msg-id with the server's name, another one each time.",
		Test:  "two exchanges, cancelled; fail: no brackets or the same challenge",
		Needs: "offers-auth",
		Run: func(t *T) {
			seen := map[string]bool{}
			for range 2 {
				c := t.stranger()
				c.has("CRAM-MD5")
				r := c.Cmd("AUTH CRAM-MD5").Need("334")
				text, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Text()))
				if !regexp.MustCompile(`^<[^<>\s]+@[^<>\s]+>$`).Match(text) {
					t.Failf("the challenge %q has not the form of a msg-id", text)
				}
				if seen[string(text)] {
					t.Failf("the challenge came twice")
				}
				seen[string(text)] = true
				c.Cmd("*")
			}
		},
	},
	{
		ID: "cram-digest", Level: Must, RFC: "2195 §2",
		Title: "The digest is checked: lower-case hexadecimal of 16 octets.",
		Test:  "right: 235; one digit changed: 535; upper case: recorded",
		Needs: "auth:CRAM-MD5",
		Run: func(t *T) {
			c := t.stranger()
			c.Authenticate(auth.CramMD5(t.cfg.User, t.cfg.Password)).Want("235; else fail")
			c = t.stranger()
			c.Cmd("AUTH CRAM-MD5").Need("334")
			c.Cmd(b64(t.cfg.User + " 00000000000000000000000000000000")).Want("535; warn 5yz; fail 235")
		},
	},
	{
		ID: "scram-vectors", Level: Must, RFC: "5802 §5.1; §7; 7677 §3",
		Title: "The exchange keeps to the grammar: r= begins with the client's nonce, i= a number of at least 4096, s= base64.",
		Test:  "check server-first by the grammar; i below 4096 warn (that part is a SHOULD)",
		Needs: "auth:SCRAM",
		Run: func(t *T) {
			c := t.stranger()
			text, r := c.first(c.scram(), "n,,n="+t.cfg.User+",r="+nonce)
			r.Need("334")
			m := regexp.MustCompile(`^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]*)(,.*)?$`).FindStringSubmatch(text)
			switch {
			case m == nil:
				t.Failf("the server-first %q does not fit the grammar", text)
			case !strings.HasPrefix(m[1], nonce):
				t.Failf("the nonce %q does not begin with the client's", m[1])
			default:
				if _, err := base64.StdEncoding.DecodeString(m[2]); err != nil {
					t.Failf("the salt %q is not base64", m[2])
				}
				if i, _ := strconv.Atoi(m[3]); i < 4096 {
					t.Warnf("%d iterations are fewer than 4096", i)
				}
			}
			c.Cmd("*")
		},
	},
	{
		ID: "scram-first-char", Level: Must, RFC: "5802 §5",
		Title: "A client-first that does not begin with n, y or p fails.",
		Test:  "`x,,n=user,r=abc`; fail: a server-first",
		Needs: "auth:SCRAM",
		Run:   func(t *T) { refusedFirst(t, "x,,n="+t.cfg.User+",r="+nonce) }},
	{
		ID: "scram-m-attribute", Level: Must, RFC: "5802 §5.1",
		Title: "An unknown mandatory extension fails.",
		Test:  "`m=x` in client-first; fail: 235",
		Needs: "auth:SCRAM",
		Run:   func(t *T) { refusedFirst(t, "n,,m=x,n="+t.cfg.User+",r="+nonce) }},
	{
		ID: "scram-username-escape", Level: Must, RFC: "5802 §5.1",
		Title: "=2C and =3D are decoded, other = sequences fail.",
		Needs: "auth:SCRAM",
		Test:  "`=zz` in the user name fails",
		Run:   func(t *T) { refusedFirst(t, "n,,n=a=zzb,r="+nonce) }},
	{
		ID: "scram-authzid", Level: Must, RFC: "5802 §5.1",
		Title: "a= is checked.",
		Test:  "right password, a=somebody-else: fails",
		Needs: "auth:SCRAM",
		Run: func(t *T) {
			c := t.stranger()
			h := auth.SHA256
			for _, x := range []auth.Hash{auth.SHA1, auth.SHA256, auth.SHA512} {
				if auth.Scram(x, "", "u", "p").Name() == c.scram() {
					h = x
				}
			}
			c.Authenticate(auth.Scram(h, "somebody-else", t.cfg.User, t.cfg.Password)).Want("535 5yz; fail 235")
		},
	},
	{
		ID: "scram-nonce-fresh", Level: Must, RFC: "5802 §5.1",
		Title: "The server adds a nonce of its own, new each time.",
		Test:  "three exchanges with the same client nonce; fail: equal, or nothing added",
		Needs: "auth:SCRAM",
		Run: func(t *T) {
			seen := map[string]bool{}
			for range 3 {
				c := t.stranger()
				text, r := c.first(c.scram(), "n,,n="+t.cfg.User+",r="+nonce)
				r.Need("334")
				got, _, _ := strings.Cut(strings.TrimPrefix(text, "r="), ",")
				if got == nonce {
					t.Failf("the server added nothing to the nonce")
				}
				if seen[got] {
					t.Failf("the server's nonce came twice")
				}
				seen[got] = true
				c.Cmd("*")
			}
		},
	},
	{
		ID: "scram-error-e", Level: Must, RFC: "5802 §5.1",
		Title: "A server-final on failure has e=; sending none is free.",
		Test:  "wrong proof: 535 at once, or 334 with e= and then 535",
		Needs: "auth:SCRAM",
		Run:   func(t *T) { wrongFinal(t, nil) }},
	{
		ID: "scram-bad-proof", Level: Must, RFC: "5802 §5",
		Title: "A wrong proof fails.",
		Test:  "one bit flipped",
		Needs: "auth:SCRAM",
		Run:   func(t *T) { wrongFinal(t, nil) }},
	{
		ID: "scram-nonce-changed", Level: Must, RFC: "5802 §5.1",
		Title: "A client-final with another nonce fails.",
		Test:  "535 (or 501)",
		Needs: "auth:SCRAM",
		Run: func(t *T) {
			wrongFinal(t, func(nonce string) string { return nonce + "x" })
		},
	},
	{
		ID: "scram-c-field", Level: Must, RFC: "5802 §6",
		Title: "The c= value must be that of the gs2 header.",
		Needs: "auth:SCRAM",
		Test:  "another c= than that of the gs2 header, with a proof that is not right either: fails; 235 fail",
		Run: func(t *T) {
			c := t.stranger()
			text, r := c.first(c.scram(), "n,,n="+t.cfg.User+",r="+nonce)
			r.Need("334")
			got, _, _ := strings.Cut(strings.TrimPrefix(text, "r="), ",")
			failsFinal(c, "c="+b64("y,,")+",r="+got+",p="+b64(strings.Repeat("x", 32)))
		},
	},
	{
		ID: "scram-server-signature", Level: Must, RFC: "5802 §5; §5.1; 4954 §4",
		Title: "The server-final message has v=, sent in a 334 before the 235 (SMTP has no data with success).",
		Test:  "verify the signature; fail: wrong, or 235 without it",
		Needs: "auth:SCRAM",
		Run: func(t *T) {
			c := t.stranger()
			name := c.scram()
			for _, h := range []auth.Hash{auth.SHA1, auth.SHA256, auth.SHA512} {
				if m := auth.Scram(h, "", t.cfg.User, t.cfg.Password); m.Name() == name {
					c.Authenticate(m).Want("235; else fail")
				}
			}
		},
	},
	{
		ID: "scram-unknown-user", Level: May, RFC: "5802 §7",
		Title: "The reason may be hidden: whether an unknown user gets a salt, and e=unknown-user, is recorded.",
		Test:  "recorded: the flow for a known and an unknown user",
		Needs: "auth:SCRAM",
		Run: func(t *T) {
			for _, user := range []string{t.cfg.User, "nobody-" + t.Token()} {
				c := t.stranger()
				text, r := c.first(c.scram(), "n,,n="+user+",r="+nonce)
				t.Recordf("a user that is %s: %d %s", map[bool]string{true: "known", false: "unknown"}[user == t.cfg.User], r.Code, short(text, 60))
				c.Cmd("*")
			}
		},
	},
	{
		ID: "scram-plus-pair", Level: Should, RFC: "5802 §6",
		Title: "With channel binding both names are offered, without it the plain one alone.",
		Test:  "-PLUS without TLS: warn; without its plain form: recorded (a policy against the plain one demands that)",
		Needs: "auth:SCRAM",
		Run: func(t *T) {
			c := t.stranger()
			names := map[string]bool{}
			for _, m := range c.mechanisms() {
				names[m] = true
			}
			for m := range names {
				base, plus := strings.CutSuffix(m, "-PLUS")
				switch {
				case plus && c.tls == nil:
					t.Warnf("%s is offered without TLS", m)
				case plus && !names[base]:
					t.Recordf("%s is offered without %s", m, base)
				}
			}
		},
	},
	{
		ID: "scram-ext-ignored", Level: Must, RFC: "5802 §5.1; §7",
		Title: "An optional attribute that is unknown is ignored.",
		Test:  "client-first with `x=frob` behind the nonce: a server-first",
		Needs: "auth:SCRAM",
		Run: func(t *T) {
			c := t.stranger()
			text, r := c.first(c.scram(), "n,,n="+t.cfg.User+",r="+nonce+",x=frob")
			if r.Want("334; else fail") && !strings.HasPrefix(text, "r="+nonce) {
				t.Failf("the server-first %q does not begin with the nonce", short(text, 60))
			}
			c.Cmd("*")
		},
	},
	{
		ID: "scram-cb-wrong", Level: Must, RFC: "5802 §6; 9266 §3",
		Title: "Channel binding data of another connection fail.",
		Test:  "with the right password and the data changed by a bit: 535; 235 fail; which types there are is recorded",
		Needs: "auth:SCRAM-PLUS",
		Run: func(t *T) {
			c := t.stranger()
			if c.tls == nil {
				t.Skipf("TLS")
			}
			for _, right := range c.peer().Bindings {
				c := t.stranger()
				wrong := right
				wrong.Data = append([]byte(nil), right.Data...)
				wrong.Data[0] ^= 1
				c.bindings = []auth.ChannelBinding{wrong}
				plus := auth.Auto(auth.Credentials{User: t.cfg.User, Password: t.cfg.Password})
				for _, m := range auth.Candidates(plus, c.peer()) {
					if strings.HasSuffix(m.Name(), "-PLUS") {
						t.Recordf("%s with %s", m.Name(), right.Type)
						c.Authenticate(m).Want("535; warn 5yz 4yz; error 421; fail 2yz")
						break
					}
				}
			}
		},
	},
	{
		ID: "scram-cb-type", Level: Must, RFC: "5802 §6; §6.1",
		Title: "A p= with a type that is not there fails.",
		Test:  "`p=tls-frob,,`",
		Needs: "auth:SCRAM-PLUS",
		Run: func(t *T) {
			c := t.stranger()
			for _, m := range c.mechanisms() {
				if strings.HasPrefix(m, "SCRAM-") && strings.HasSuffix(m, "-PLUS") {
					c.refuses(m, "p=tls-frob,,n="+t.cfg.User+",r="+nonce)
					return
				}
			}
		},
	},
	{
		ID: "scram-cb-downgrade", Level: Must, RFC: "5802 §6",
		Title: "`y` though -PLUS was offered fails.",
		Test:  "gs2 header `y,,`",
		Needs: "auth:SCRAM-PLUS",
		Run: func(t *T) {
			c := t.stranger()
			text, r := c.first(c.scram(), "y,,n="+t.cfg.User+",r="+nonce)
			if r.Code != 334 {
				r.Want("5yz; warn 4yz; error 421; fail 2yz")
				return
			}
			if strings.HasPrefix(text, "e=") {
				return
			}
			got, _, _ := strings.Cut(strings.TrimPrefix(text, "r="), ",")
			failsFinal(c, "c="+b64("y,,")+",r="+got+",p="+b64(strings.Repeat("x", 32)))
		},
	},
	{
		ID: "oauth-error-json", Level: Must, RFC: "7628 §3.2.2; §3.2.3",
		Title: "A bad token gets a 334 with JSON that has `status`, then after the dummy response 535.",
		Test:  "`auth=Bearer bad` under TLS; 334 with JSON; answer `AQ==` (or `*`): 535 (501 after `*`)",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("OAUTHBEARER")
			r := c.Cmd("AUTH OAUTHBEARER " + b64("n,a=user@example.org,\x01auth=Bearer bad\x01\x01"))
			if r.Code != 334 {
				r.Want("334; warn 535; else fail")
				return
			}
			text, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Text()))
			if !strings.Contains(string(text), `"status"`) {
				t.Failf("the challenge %q has no status", short(string(text), 80))
			}
			c.Cmd("AQ==").Want("535; warn 5yz; else fail")
		},
	},
	{
		ID: "oauth-tls", Level: Must, RFC: "7628 §3",
		Title: "OAUTHBEARER is for TLS only.",
		Test:  "offered in clear: warn; 334 or 235 in clear: fail",
		Needs: "offers-auth, plain",
		Run: func(t *T) {
			t.circ.Link = LinkPlain
			c := t.Greeted()
			c.Hello().Need("250")
			if strings.Contains(" "+c.offers["AUTH"]+" ", " OAUTHBEARER ") {
				t.Warnf("OAUTHBEARER is offered without TLS")
			}
			c.Cmd("AUTH OAUTHBEARER " + b64("n,,\x01auth=Bearer bad\x01\x01")).Want("4yz 5yz; error 421; fail 334 235")
		},
	},
	{
		ID: "oauth-lone-sep", Level: May, RFC: "7628 §3.1",
		Title: "A first message of one %x01 may fail at once.",
		Test:  "`AUTH OAUTHBEARER AQ==`; recorded: 535, or 334 with JSON; fail: 235",
		Needs: "offers-auth",
		Run: func(t *T) {
			c := t.stranger()
			c.has("OAUTHBEARER")
			c.Cmd("AUTH OAUTHBEARER AQ==").Want("record any; fail 235")
		},
	},
}

// wrongFinal sends a client-final whose proof is wrong.
func wrongFinal(t *T, change func(string) string) {
	c := t.stranger()
	text, r := c.first(c.scram(), "n,,n="+t.cfg.User+",r="+nonce)
	r.Need("334")
	got, _, _ := strings.Cut(strings.TrimPrefix(text, "r="), ",")
	if change != nil {
		got = change(got)
	}
	failsFinal(c, "c="+b64("n,,")+",r="+got+",p="+b64(strings.Repeat("x", 32)))
}

// failsFinal sends a client-final that has to fail: 535 at once, or a server-final
// with e= and then 535.
func failsFinal(c *Conn, message string) {
	r := c.Cmd(b64(message))
	if r.Code == 334 {
		text, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Text()))
		if !strings.HasPrefix(string(text), "e=") {
			c.t.Failf("the server-final %q has no e=", short(string(text), 60))
		}
		r = c.Cmd("")
	}
	r.Command = "a client-final that is wrong"
	r.Want("535 501; warn 5yz; fail 235")
}
