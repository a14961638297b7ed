package docs_test

import (
	"context"

	"github.com/tabellarius/tabellarius/auth"
)

// xoauth2 is a mechanism of one's own: XOAUTH2, with a token that is fetched for
// each connection.
type xoauth2 struct {
	user  string
	token func(context.Context) (string, error) // caches as it likes
}

func (m *xoauth2) Name() string { return "XOAUTH2" }
func (m *xoauth2) Final() bool  { return false } // a refusal has to be answered

func (m *xoauth2) Start(ctx context.Context, peer auth.Peer) (auth.Exchange, []byte, error) {
	if !peer.TLS && !peer.AllowInsecure {
		return nil, nil, auth.ErrInsecure
	}
	token, err := m.token(ctx)
	if err != nil {
		return nil, nil, err
	}
	return xoauth2Exchange{}, []byte("user=" + m.user + "\x01auth=Bearer " + token + "\x01\x01"), nil
}

type xoauth2Exchange struct{}

// Next answers the challenge that tells why the token was refused: with nothing,
// and the server refuses AUTH.
func (xoauth2Exchange) Next([]byte) ([]byte, error) { return []byte{}, nil }
func (xoauth2Exchange) Finish() error               { return nil }
