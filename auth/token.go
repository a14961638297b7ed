package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A Token is an OAuth 2.0 access token (RFC 6749 §1.4). It is not shown by fmt.
type Token struct {
	value  hidden
	expiry time.Time
}

// NewToken makes a token that is good until expiry; the zero time means that it
// does not expire.
func NewToken(value string, expiry time.Time) Token { return Token{hide(value), expiry} }

// Expiry is when the token ends.
func (t Token) Expiry() time.Time { return t.expiry }

// Format shows nothing of it, whatever the verb.
func (Token) Format(f fmt.State, verb rune) { fmt.Fprint(f, "token (hidden)") }

// reveal is the token itself.
func (t Token) reveal() string {
	if t.value.value == nil {
		return ""
	}
	return *t.value.value
}

// Tokens keep an access token until shortly before it expires: a minute, or a
// tenth of the time that it was good for, if that is less. Of many that ask at once
// when there is none, one fetches and all get what comes. A token that a server
// refused is given to nobody again.
//
// Its methods may be called by many goroutines; one value serves many mechanisms
// and connections.
type Tokens struct {
	fetch func(context.Context) (Token, error)
	turn  chan struct{} // full while fetch runs

	mu      sync.Mutex
	token   Token     // the zero value: none
	until   time.Time // it is given out; zero: always
	replace bool      // it was fetched since another was refused, and has not been accepted yet
	refused Token     // the last that was
	call    *fetching
}

// A fetching is under way. Whoever waits for it may go; it ends when nobody does.
type fetching struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int
	token   Token
	err     error
}

// NewTokens keeps the tokens that fetch gives. fetch has to ask for a new token
// each time that it is called, and is not called again before it has returned. Its
// context ends when nobody waits for the token any more, and has no values and
// no deadline of the caller's.
func NewTokens(fetch func(context.Context) (Token, error)) *Tokens {
	return &Tokens{fetch: fetch, turn: make(chan struct{}, 1)}
}

// StaticToken is one token for ever.
func StaticToken(value string) *Tokens {
	return NewTokens(func(context.Context) (Token, error) { return NewToken(value, time.Time{}), nil })
}

// A Source gives tokens of a type of its own. golang.org/x/oauth2's TokenSource is
// a Source[*oauth2.Token].
type Source[T any] interface {
	Token() (T, error)
}

// TokensFrom keeps the tokens of a source, of which read tells the access token
// and when it expires:
//
//	auth.TokensFrom(source, func(t *oauth2.Token) (string, time.Time) { return t.AccessToken, t.Expiry })
//
// A source that keeps tokens itself gives a token again that was refused, and then
// the login fails: where tokens may be refused before they expire, use
// [NewTokens] with what asks for a new one.
func TokensFrom[T any](source Source[T], read func(T) (token string, expiry time.Time)) *Tokens {
	return NewTokens(func(context.Context) (Token, error) {
		t, err := source.Token()
		if err != nil {
			return Token{}, err
		}
		return NewToken(read(t)), nil
	})
}

// Token gives a token that is good for a while: the one kept, or a new one.
func (t *Tokens) Token(ctx context.Context) (Token, error) {
	t.mu.Lock()
	if t.token.value.value != nil && (t.until.IsZero() || time.Now().Before(t.until)) {
		defer t.mu.Unlock()
		return t.token, nil
	}
	call := t.call
	if call == nil {
		limit, cancel := context.WithCancel(context.Background())
		call = &fetching{done: make(chan struct{}), cancel: cancel}
		t.call = call
		go t.run(limit, call)
	}
	call.waiting++
	t.mu.Unlock()
	select {
	case <-call.done:
		return call.token, call.err
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if call.waiting--; call.waiting == 0 {
		call.cancel()
		if t.call == call {
			t.call = nil
		}
	}
	return Token{}, fmt.Errorf("auth: while waiting for a token: %w", context.Cause(ctx))
}

func (t *Tokens) run(ctx context.Context, call *fetching) {
	defer call.cancel()
	t.turn <- struct{}{} // one that everybody left may not have returned yet
	token, err := t.fetch(ctx)
	<-t.turn
	t.mu.Lock()
	defer t.mu.Unlock()
	defer close(call.done)
	switch {
	case err != nil:
		call.err = fmt.Errorf("auth: expected a token: %w", err)
	case token.reveal() == "":
		call.err = errors.New("auth: expected a token, got an empty one")
	case t.refused.value.value != nil && token.reveal() == t.refused.reveal():
		call.err = errors.New("auth: expected a new token, got the one that was refused")
		t.refused = Token{} // who asks later may try it again: it may not be the token's fault
	default:
		call.token = token
	}
	if t.call != call { // everybody has gone
		return
	}
	t.call = nil
	if call.err != nil {
		return
	}
	t.token, t.until = token, token.expiry
	t.replace = t.refused.value.value != nil
	if now := time.Now(); !t.until.IsZero() {
		t.until = t.until.Add(-min(time.Minute, max(0, t.until.Sub(now)/10)))
	}
}

// Accepted tells that a server took the token.
func (t *Tokens) Accepted(token Token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if token.value == t.token.value {
		t.replace, t.refused = false, Token{}
	}
}

// Refused tells that a server did not take the token: it is forgotten. again says
// that a new one may be taken: but not where this one was fetched since another
// had been refused, and no server took it.
func (t *Tokens) Refused(token Token) (again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if token.value != t.token.value {
		return true // there is a new one, or will be
	}
	again = !t.replace
	t.refused, t.token = token, Token{}
	return again
}
