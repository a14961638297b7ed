package client

import (
	"cmp"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"time"
)

var cases18b = []Case{
	{ID: "auth-param-null", Level: Should, RFC: "4954 §5",
		Title:  "AUTH= on MAIL is `<>` or what the caller gave, in xtext.",
		Script: "Offered; caller gives none",
		Right:  "C: none or `AUTH=<>` => accepted",
		Needs:  "auth:PLAIN",
		Run: func(t *T) {
			s := t.Play(Login("", "PLAIN"))
			for _, l := range s.Find("MAIL") {
				if v, ok := l.Param("AUTH"); ok && v != "<>" {
					t.Complainf("expected no AUTH= or AUTH=<>, got %q", l.Raw)
				}
			}
			s.Outcome("accepted")
		}},
	{ID: "auth-secret-hidden", Level: Robust, RFC: "robust",
		Title:  "Password and token are in no error, log or trace, raw, base64 or hex.",
		Script: "535 that repeats the response in its text",
		Right:  "C: outputs searched => permanent or not-sent",
		Needs:  "auth",
		Run: func(t *T) {
			s := t.Play(Login(t.best("PLAIN", "LOGIN")), Func(func(c *Conn, cmd *Line) []any {
				switch {
				case cmd.Verb == "response", cmd.Verb == "AUTH" && strings.Contains(cmd.Arg, " "):
					_, initial, _ := strings.Cut(cmd.Arg, " ")
					if decoded, err := base64.StdEncoding.DecodeString(cmp.Or(initial, cmd.Arg)); err == nil && strings.Contains(string(decoded), password) {
						return []any{fmt.Sprintf("535 5.7.8 no user with %s %x %s", base64.StdEncoding.EncodeToString(decoded), decoded, password)}
					}
				}
				return nil
			}))
			s.Never("MAIL")
			s.Outcome("permanent not-sent")
		}},
	{ID: "auth-plain-nul", Level: MustNot, RFC: "4616 §2",
		Title:  "NUL in user or password is an error.",
		Script: "Password with NUL",
		Right:  "C: no AUTH => not-sent",
		Needs:  "auth:PLAIN",
		Run: func(t *T) {
			s := t.Play(Login("PLAIN"), With(func(j *Job) { j.Password = "pass\x00word-with-nul" }))
			s.Never("AUTH", "MAIL")
			s.Outcome("not-sent")
		}},
	{ID: "auth-plain-authzid", Level: Must, RFC: "4616 §2",
		Title:  "authzid NUL authcid NUL password, in UTF-8.",
		Script: "User `a@mx.test`, password `pässword`",
		Right:  "C: exactly these octets (after SASLprep) => accepted",
		Needs:  "auth:PLAIN",
		Run: func(t *T) {
			s := t.Play(Login("PLAIN"), With(func(j *Job) { j.User, j.Password = "a@mx.test", "pässword" }))
			if got := s.first(); got != "\x00a@mx.test\x00pässword" && got != "a@mx.test\x00a@mx.test\x00pässword" {
				t.Complainf("expected NUL, user, NUL, password, got %q", got)
			}
			s.Outcome("accepted")
		}},
	{ID: "auth-login-prompts", Level: Robust, RFC: "robust",
		Title:  "LOGIN's prompts are taken by order, not by text.",
		Script: "`334 VXNlcm5hbWU6`, `334 UGFzc3dvcmQ6`; run 2 `dXNlcg==`, `cGFzcw==`; run 3 empty",
		Right:  "C: user, password => accepted",
		Needs:  "auth:LOGIN",
		Run: func(t *T) {
			for _, prompts := range [][2]string{{"334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"}, {"334 dXNlcg==", "334 cGFzcw=="}, {"334 ", "334 "}} {
				s := t.Play(Login("LOGIN"), On("AUTH", prompts[0]), On("response#1", prompts[1]))
				if got := s.responses(); len(got) != 2 || got[0] != "user@mx.test" || got[1] != password {
					t.Complainf("expected the user's name and the password, got %d responses", len(got))
				}
				s.Outcome("accepted")
			}
		}},
	{ID: "auth-cram", Level: Must, RFC: "2195 §2",
		Title:  "CRAM-MD5 as in the example.",
		Script: "The RFC's challenge, user and secret",
		Right:  "C: the RFC's response => accepted",
		Needs:  "auth:CRAM-MD5",
		Run: func(t *T) {
			s := t.Play(Login("CRAM-MD5"), With(func(j *Job) { j.User, j.Password = "tim", "tanstaaftanstaaf" }),
				On("AUTH", "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"), On("response", "235 2.7.0 ok"))
			if got := s.first(); got != "tim b913a602c7eda7a495b4e6e7334d3890" {
				t.Complainf("expected the response of RFC 2195 §2, got %q", got)
			}
			s.Outcome("accepted")
		}},
	{ID: "scram-vector", Level: Must, RFC: "5802 §5; 7677 §3",
		Title:  "The exchange is computed rightly.",
		Script: "Server with the user's secret, random salt and nonce",
		Right:  "C: right proof => accepted",
		Needs:  "auth:SCRAM",
		Run: func(t *T) {
			s := t.Play(Login(t.scram()))
			if len(s.Find("response")) == 0 {
				t.Complainf("expected an exchange, got %s", s.Verbs())
			}
			s.Outcome("accepted")
		}},
	{ID: "scram-bad-signature", Level: Must, RFC: "5802 §3; §5",
		Title:  "A wrong v= ends the login as failed.",
		Script: "One bit flipped, then 235",
		Right:  "C: no MAIL => not-sent",
		Needs:  "auth:SCRAM",
		Run: func(t *T) {
			s := t.Play(Login(t.scram()), Func(tampered(func(s string) string {
				if strings.HasPrefix(s, "v=") {
					return "v=" + flip(s[2:])
				}
				return s
			})))
			s.Never("MAIL")
			s.Outcome("lost permanent")
		}},
	{ID: "scram-nonce", Level: Must, RFC: "5802 §5; §5.1",
		Title:  "A nonce that does not begin with the client's ends it.",
		Script: "Other nonce; run 2 only the client's",
		Right:  "C: no proof sent => not-sent",
		Needs:  "auth:SCRAM",
		Run: func(t *T) {
			for run := range 2 {
				s := t.Play(Login(t.scram()), Func(tampered(func(s string) string {
					nonce, rest, ok := strings.Cut(strings.TrimPrefix(s, "r="), ",")
					switch {
					case !ok:
						return s
					case run == 0:
						return "r=another" + nonce + "," + rest
					}
					return "r=" + nonce[:len(nonce)-24] + "," + rest
				})))
				if run == 0 {
					s.noProof()
				}
				s.Never("MAIL")
				s.Outcome("lost permanent")
			}
		}},
	{ID: "scram-iterations-huge", Level: Robust, RFC: "5802 §5.1; §9",
		Title:  "An iteration count without bound is refused.",
		Script: "`i=2000000000`; run 2 `i=0`; run 3 `i=abc`",
		Right:  "C: soon an error, no proof => not-sent",
		Needs:  "auth:SCRAM",
		Run: func(t *T) {
			for _, i := range []string{"i=2000000000", "i=0", "i=abc"} {
				s := t.Play(Login(t.scram()), Func(tampered(func(s string) string { return iterations.ReplaceAllString(s, i) })))
				s.noProof()
				s.Within(10 * time.Second)
				s.Outcome("lost permanent")
			}
		}},
	{ID: "scram-iterations-few", Level: Should, RFC: "5802 §5.1; 7677 §4",
		Title:  "Fewer than 4096 is refused or warned of.",
		Script: "`i=1`",
		Right:  "C: no proof, or recorded => not-sent or accepted",
		Needs:  "auth:SCRAM",
		Run: func(t *T) {
			s := t.Play(Login(t.scram()), Func(tampered(func(s string) string { return iterations.ReplaceAllString(s, "i=1") })))
			t.Recordf("%d responses to one iteration", len(s.Find("response")))
			s.Outcome("lost permanent accepted")
		}},
	{ID: "scram-salt-bad", Level: Robust, RFC: "5802 §5.1",
		Title:  "A salt that is no base64, or empty, ends it.",
		Script: "`s=!!!`; run 2 `s=`",
		Right:  "C: no proof => not-sent",
		Needs:  "auth:SCRAM",
		Run: func(t *T) {
			for _, salt := range []string{"s=!!!", "s="} {
				s := t.Play(Login(t.scram()), Func(tampered(func(s string) string { return salted.ReplaceAllString(s, salt) })))
				s.noProof()
				s.Outcome("lost permanent")
			}
		}},
	{ID: "scram-mandatory-ext", Level: Must, RFC: "5802 §5.1",
		Title:  "An unknown m= ends it.",
		Script: "`m=x,r=...`",
		Right:  "C: no proof => not-sent",
		Needs:  "auth:SCRAM",
		Run: func(t *T) {
			s := t.Play(Login(t.scram()), Func(tampered(func(s string) string {
				if strings.HasPrefix(s, "r=") {
					return "m=x," + s
				}
				return s
			})))
			s.noProof()
			s.Outcome("lost permanent")
		}},
	{ID: "scram-error-attr", Level: Must, RFC: "5802 §5.1",
		Title:  "e= is a refusal.",
		Script: "`e=invalid-proof`, then 535",
		Right:  "C: no MAIL => permanent or not-sent",
		Needs:  "auth:SCRAM",
		Run: func(t *T) {
			s := t.Play(Login(t.scram()), Func(tampered(func(s string) string {
				if strings.HasPrefix(s, "v=") {
					return "e=invalid-proof"
				}
				return s
			})), On("response#3", "535 5.7.8 no"))
			s.Never("MAIL")
			s.Outcome("permanent lost")
		}},
	{ID: "scram-username", Level: Must, RFC: "5802 §5.1",
		Title:  "`,` and `=` in a user name are =2C and =3D.",
		Script: "User `a,b=c@mx.test`",
		Right:  "C: `n=a=2Cb=3Dc@mx.test` => accepted",
		Needs:  "auth:SCRAM",
		Run: func(t *T) {
			s := t.Play(Login(t.scram()), With(func(j *Job) { j.User = "a,b=c@mx.test" }))
			if got := s.first(); !strings.Contains(got, "n=a=2Cb=3Dc@mx.test,") {
				t.Complainf("expected n=a=2Cb=3Dc@mx.test, got %q", got)
			}
			s.Outcome("accepted")
		}},
	{ID: "scram-plus-binding", Level: Must, RFC: "5802 §6; 9266 §2",
		Title:  "With -PLUS, c= holds the binding of this TLS connection.",
		Script: "TLS 1.3, tls-exporter; run 2 TLS 1.2",
		Right:  "C: right data => accepted",
		Needs:  "auth:SCRAM-PLUS",
		Run: func(t *T) {
			for _, version := range []uint16{tls.VersionTLS13, tls.VersionTLS12} {
				s := t.Play(Login(t.best("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS")), TLSConfig(func(c *tls.Config) { c.MaxVersion = version }))
				if got := s.first(); !strings.HasPrefix(got, "p=") {
					t.Complainf("expected a channel binding, p=, got %.20q", got)
				}
				s.Outcome("accepted")
			}
		}},
	{ID: "scram-plus-stripped", Level: Must, RFC: "5802 §6",
		Title:  "-PLUS not offered though the client can: gs2 flag `y`.",
		Script: "`AUTH SCRAM-SHA-256` over TLS",
		Right:  "C: `y,,` (n,, is a warn) => accepted",
		Needs:  "auth:SCRAM-PLUS",
		Run: func(t *T) {
			s := t.Play(Login("", "SCRAM-SHA-256"))
			switch got := s.first(); {
			case strings.HasPrefix(got, "n,"):
				t.Warnf("expected the flag y, got n")
			case !strings.HasPrefix(got, "y,"):
				t.Complainf("expected the flag y, got %.20q", got)
			}
			s.Outcome("accepted")
		}},
	{ID: "oauth-challenge", Level: Must, RFC: "7628 §3.2.3",
		Title:  "After the JSON error the client sends the dummy (or `*`) and takes the 535.",
		Script: "OAUTHBEARER: 334 with `{\"status\":\"invalid_token\"}`; then 535",
		Right:  "C: `AQ==` (an empty line: warn), status in the error => permanent or not-sent",
		Needs:  "auth:OAUTHBEARER",
		Run: func(t *T) {
			s := t.Play(Login("OAUTHBEARER"), On("AUTH", Challenge(`{"status":"invalid_token"}`)), On("response", "535 5.7.8 no"))
			switch got := s.Find("response"); {
			case len(got) == 0:
				t.Complainf("expected AQ== or *, got %s", s.Verbs())
			case got[0].Arg == "":
				t.Warnf("expected AQ== or *, got an empty line")
			case got[0].Arg != "AQ==" && got[0].Arg != "*":
				t.Complainf("expected AQ== or *, got %q", got[0].Arg)
			}
			s.Never("MAIL")
			s.Outcome("permanent not-sent")
		}},
	{ID: "oauth-form", Level: Must, RFC: "7628 §3.1",
		Title:  "`n,a=USER,` ^A `host=` ^A `port=` ^A `auth=Bearer TOKEN` ^A ^A.",
		Script: "Over TLS",
		Right:  "C: parses => accepted",
		Needs:  "auth:OAUTHBEARER",
		Run: func(t *T) {
			s := t.Play(Login("OAUTHBEARER"))
			if got := s.first(); !regexp.MustCompile(`^n,a=user@mx\.test,\x01(host=[^\x01]+\x01)?(port=[0-9]+\x01)?auth=Bearer ` + regexp.QuoteMeta(token) + `\x01\x01$`).MatchString(got) {
				t.Complainf("expected the form of RFC 7628 §3.1, got one of %d octets", len(got))
			}
			s.Outcome("accepted")
		}},
	{ID: "xoauth2-challenge", Level: Robust, RFC: "robust",
		Title:  "XOAUTH2's 334 with JSON is answered by an empty line, then 535.",
		Script: "334 `eyJzdGF0dXMiOiI0MDEifQ==`; then 535",
		Right:  "C: an empty response or `*` => permanent or not-sent",
		Needs:  "auth:XOAUTH2",
		Run: func(t *T) {
			s := t.Play(Login("XOAUTH2"), On("AUTH", "334 eyJzdGF0dXMiOiI0MDEifQ=="), On("response", "535 5.7.8 no"))
			if got := s.Find("response"); len(got) == 0 || got[0].Arg != "" && got[0].Arg != "*" {
				t.Complainf("expected an empty response or *, got %s", s.Verbs())
			}
			s.Never("MAIL")
			s.Outcome("permanent not-sent")
		}},
}
