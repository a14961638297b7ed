package auth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/auth"
)

func names(list []auth.Mechanism) []string {
	var n []string
	for _, m := range list {
		n = append(n, m.Name())
	}
	return n
}

func TestAutoPrefersTheStrongest(t *testing.T) {
	all := strings.Fields("LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS SCRAM-SHA-512 SCRAM-SHA-512-PLUS " +
		"XOAUTH2 OAUTHBEARER EXTERNAL ANONYMOUS NTLM GSSAPI DIGEST-MD5")
	tokens := auth.StaticToken(token)
	for _, c := range []struct {
		credentials auth.Credentials
		offered     []string
		want        string
	}{
		{auth.Credentials{User: "tim", Password: password}, all,
			"SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN"},
		{auth.Credentials{User: "tim", Password: password}, []string{"login", "Plain"}, "PLAIN LOGIN"},
		{auth.Credentials{User: "tim", Password: password, Authzid: "ursel"}, all,
			"SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN"},
		{auth.Credentials{User: "tim", Tokens: tokens}, all, "OAUTHBEARER XOAUTH2"},
		{auth.Credentials{User: "tim", Tokens: tokens, Authzid: "ursel"}, all, "OAUTHBEARER"},
		{auth.Credentials{User: "tim", Tokens: tokens, Password: password, External: true}, strings.Fields("PLAIN XOAUTH2 EXTERNAL"), "EXTERNAL XOAUTH2 PLAIN"},
		{auth.Credentials{User: "tim", Password: password}, strings.Fields("GSSAPI NTLM ANONYMOUS"), ""},
		{auth.Credentials{User: "tim", Password: password}, nil, ""},
		{auth.Credentials{}, all, ""},
	} {
		for _, m := range []auth.Mechanism{auth.Auto(c.credentials), auth.AllowInsecure(auth.Auto(c.credentials)), auth.FirstOf(auth.Auto(c.credentials))} {
			got := names(auth.Candidates(m, auth.Peer{Mechanisms: c.offered}))
			if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" && len(got)+len(c.want) > 0 {
				t.Errorf("%v: %s", c.credentials, diff)
			}
		}
	}
}

func TestOneMechanismIsItsOnlyCandidate(t *testing.T) {
	for _, m := range []auth.Mechanism{auth.Plain("", "tim", password), auth.AllowInsecure(auth.Plain("", "tim", password))} {
		if got := names(auth.Candidates(m, auth.Peer{})); !slices.Equal(got, []string{"PLAIN"}) {
			t.Errorf("candidates %q", got)
		}
	}
}

// What is said of a choice holds for each mechanism in it.
func TestAdaptedChoices(t *testing.T) {
	choice := auth.Auto(auth.Credentials{User: "tim", Password: password})
	peer := auth.Peer{Mechanisms: []string{"PLAIN"}}
	start := func(m auth.Mechanism, peer auth.Peer) error {
		t.Helper()
		list := auth.Candidates(m, peer)
		if len(list) != 1 {
			t.Fatalf("candidates %q", names(list))
		}
		_, _, err := list[0].Start(context.Background(), peer)
		return err
	}
	if err := start(choice, peer); !errors.Is(err, auth.ErrInsecure) {
		t.Errorf("in clear: %v", err)
	}
	if err := start(auth.AllowInsecure(choice), peer); err != nil {
		t.Errorf("in clear, allowed: %v", err)
	}
	peer = auth.Peer{Mechanisms: []string{"SCRAM-SHA-1-PLUS"}, Bindings: []auth.ChannelBinding{{Type: auth.TLSExporter, Data: []byte{1}}}}
	if err := start(auth.BindTo(choice, auth.TLSUnique), peer); !errors.Is(err, auth.ErrUnbound) {
		t.Errorf("bound to what is not there: %v", err)
	}
	if _, _, err := choice.Start(context.Background(), overTLS); err == nil {
		t.Error("a choice was started")
	}
}

func TestFailedErrorTellsAll(t *testing.T) {
	one := errors.New("504 no such mechanism")
	err := error(&auth.FailedError{Offered: []string{"SCRAM-SHA-1", "PLAIN"}, Attempts: []auth.Attempt{
		{Mechanism: "SCRAM-SHA-1", Err: one}, {Mechanism: "PLAIN", Err: auth.ErrInsecure},
	}})
	const want = `auth: none of the mechanisms led to success; the server offers "SCRAM-SHA-1 PLAIN"; SCRAM-SHA-1: 504 no such mechanism; PLAIN: the connection is not protected by TLS`
	if err.Error() != want || !errors.Is(err, one) || !errors.Is(err, auth.ErrInsecure) {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestCredentialsAreNotShown(t *testing.T) {
	c := auth.Credentials{User: "tim", Password: password, Tokens: auth.StaticToken(token)}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, v := range []any{c, &c, auth.Auto(c), auth.AllowInsecure(auth.Auto(c)), []any{auth.FirstOf(auth.Auto(c))}, struct{ m auth.Mechanism }{auth.Auto(c)}} {
			if text := fmt.Sprintf(format, v); leaks(text) || strings.Contains(text, token) {
				t.Errorf("%s shows a secret: %s", format, text)
			}
		}
	}
}
