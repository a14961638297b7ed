package smtp_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestPairAuth(t *testing.T) {
	p := newPair(t, false)
	if got := slices.Collect(p.client.AuthMechanisms()); !slices.Equal(got, []string{"PLAIN", "LOGIN"}) {
		t.Errorf("mechanisms %q", got)
	}
	p.codes["AUTH"] = []int{334}
	p.codes["AUTH-LINE"] = []int{334, 235}
	p.lockStep(p.client.Authenticate("LOGIN", nil, false))
	p.heard("no initial response", "AUTH LOGIN")
	p.agree("authenticating")
	if ev := p.events[len(p.events)-1]; ev.Kind != smtp.Challenge {
		t.Errorf("334 is %v, want a challenge", describe(p.events))
	}
	if _, err := p.client.Mail("a@example.test", nil); err == nil {
		t.Error("MAIL was queued inside the exchange")
	}
	p.lockStep(p.client.Line([]byte("user")))
	p.heard("base64", "dXNlcg==")
	p.lockStep(p.client.Line([]byte{}))
	p.heard("an empty line is a response (RFC 4954 §4)", "")
	p.agree("ready")
	if !p.client.Facts().Has(smtp.FactAuth) {
		t.Error("the client does not know that it has authenticated")
	}
	if _, err := p.client.Authenticate("LOGIN", nil, false); err == nil {
		t.Error("AUTH was queued a second time (RFC 4954 §4)")
	}
	h := host{t, p.server}
	h.refuses("AUTH PLAIN", "503", "authenticated already")
}

func TestPairAuthCancel(t *testing.T) {
	p := newPair(t, false)
	p.codes["AUTH"] = []int{334}
	p.codes["AUTH-CANCEL"] = []int{501}
	p.lockStep(p.client.Authenticate("PLAIN", nil, false))
	p.lockStep(p.client.Line(nil))
	p.heard("the exchange is cancelled", "AUTH PLAIN", "*")
	p.agree("ready")
	if p.client.Facts().Has(smtp.FactAuth) {
		t.Error("a cancelled exchange has authenticated")
	}
	p.lockStep(p.client.Authenticate("PLAIN", []byte{}, true))
	p.heard("an empty initial response is =", "AUTH PLAIN =")
	p.agree("ready")
}

func TestAuthRefused(t *testing.T) {
	p := newPair(t, false)
	p.codes["AUTH"] = []int{535, 334}
	p.codes["AUTH-LINE"] = []int{535}
	p.lockStep(p.client.Authenticate("PLAIN", []byte("x"), true))
	p.got("refused", "AUTH 535")
	p.agree("ready")
	p.lockStep(p.client.Authenticate("PLAIN", nil, false))
	p.lockStep(p.client.Line([]byte("x")))
	p.got("refused behind a challenge", "AUTH 334", "AUTH-LINE 535")
	p.agree("ready")
	var missing *smtp.MissingError
	if _, err := p.client.Authenticate("CRAM-MD5", nil, false); !errors.As(err, &missing) || !strings.Contains(err.Error(), "PLAIN, LOGIN") {
		t.Errorf("a mechanism that is not offered: %v", err)
	}
}

// TestAuthVeto: a 235 that the mechanism does not believe ends the session.
func TestAuthVeto(t *testing.T) {
	p := newPair(t, false)
	p.lockStep(p.client.Authenticate("PLAIN", []byte("x"), true))
	veto := errors.New("the server proved nothing")
	p.client.Fail(veto)
	if ev := p.client.Next(); ev.Kind != smtp.Ended || ev.Err != veto {
		t.Errorf("got %v", describe([]smtp.Event{ev}))
	}
	sticky(t, p.client)
}

func TestDecodeChallenge(t *testing.T) {
	for in, want := range map[string]string{
		"334 dXNlcg==\r\n": "user", "334 \r\n": "", "334\r\n": "", "334  \r\n": "", "334 dXNlcg== \r\n": "user", "334 dXNl cg==\r\n": "error", "334 not base64!\r\n": "error", "334-dXNl\r\n334 cg==\r\n": "error",
	} {
		p := newPeer(t, smtp.Config{})
		p.must(p.s.Authenticate("LOGIN", nil, false))
		p.flush()
		b, err := p.feed(in)[0].Reply.DecodeChallenge()
		var broken *smtp.ProtocolError
		if want == "error" && !errors.As(err, &broken) || want != "error" && (err != nil || string(b) != want) {
			t.Errorf("%q: %q, %v; want %s", in, b, err, want)
		}
	}
}

// TestAuthKeyword: both the list and its places in the reply to EHLO.
func TestAuthKeyword(t *testing.T) {
	p := newPeer(t, smtp.Config{})
	if got, ok := smtp.Capability(p.s, smtp.AuthKeyword); !ok || !slices.Equal(got, []string{"PLAIN", "LOGIN"}) {
		t.Errorf("got %q, %v", got, ok)
	}
	p.hello("AUTH")
	if got, ok := smtp.Capability(p.s, smtp.AuthKeyword); !ok || len(got) != 0 {
		t.Errorf("AUTH with nothing behind it: %q, %v", got, ok)
	}
}

// TestMechanismsOfEachLine: a server that spreads its mechanisms over two lines of
// AUTH offers them all.
func TestMechanismsOfEachLine(t *testing.T) {
	p := &peer{t, smtp.NewSession(smtp.Config{})}
	p.reply("220 mx.example.test ESMTP")
	p.must(p.s.Hello("client.example.test"))
	p.flush()
	p.feed("250-mx.example.test\r\n250-AUTH XFOO\r\n250-SIZE\r\n250-auth PLAIN login\r\n250 AUTHX NTLM\r\n")
	if got := slices.Collect(p.s.AuthMechanisms()); !slices.Equal(got, []string{"XFOO", "PLAIN", "login"}) {
		t.Errorf("mechanisms %q", got)
	}
}
