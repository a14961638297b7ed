package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tabellarius/tabellarius/auth"
)

// counter gives a new token each time, good for a while.
func counter(n *atomic.Int32, takes, life time.Duration) func(context.Context) (auth.Token, error) {
	return func(ctx context.Context) (auth.Token, error) {
		i := n.Add(1)
		select {
		case <-time.After(takes):
			return auth.NewToken(fmt.Sprint("token-", i), time.Now().Add(life)), nil
		case <-ctx.Done():
			return auth.Token{}, ctx.Err()
		}
	}
}

// shown is what a token looks like on the wire.
func shown(t *testing.T, tokens *auth.Tokens) string {
	t.Helper()
	_, initial, err := auth.XOAuth2("tim", tokens).Start(t.Context(), overTLS)
	if err != nil {
		t.Fatal(err)
	}
	_, value, _ := strings.Cut(strings.TrimRight(string(initial), "\x01"), "Bearer ")
	return value
}

func TestAHundredAskForOneToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched atomic.Int32
		tokens := auth.NewTokens(counter(&fetched, time.Second, time.Hour))
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if got := shown(t, tokens); got != "token-1" {
					t.Errorf("got %s", got)
				}
			})
		}
		wg.Wait()
		if n := fetched.Load(); n != 1 {
			t.Errorf("%d tokens were fetched, want 1", n)
		}
	})
}

func TestATokenIsKeptUntilShortlyBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched atomic.Int32
		tokens := auth.NewTokens(counter(&fetched, 0, time.Hour))
		for _, c := range []struct {
			wait time.Duration
			want string
		}{{0, "token-1"}, {59*time.Minute - time.Millisecond, "token-1"}, {time.Millisecond, "token-2"}, {time.Minute, "token-2"}} {
			time.Sleep(c.wait)
			if got := shown(t, tokens); got != c.want {
				t.Errorf("%v later: %s, want %s", c.wait, got, c.want)
			}
		}
		short := auth.NewTokens(counter(&fetched, 0, 20*time.Second))
		first := shown(t, short)
		time.Sleep(18*time.Second - time.Millisecond)
		if got := shown(t, short); got != first {
			t.Error("a token of 20 s was not kept for 18")
		}
		time.Sleep(time.Millisecond)
		if got := shown(t, short); got == first {
			t.Error("a token of 20 s was kept for 18")
		}
	})
}

// Whoever gives up leaves the others waiting; if nobody is left, fetching ends.
func TestGivingUpOnAToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched atomic.Int32
		tokens := auth.NewTokens(counter(&fetched, time.Minute, time.Hour))
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		done := make(chan string)
		go func() { done <- shown(t, tokens) }()
		if _, err := tokens.Token(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gave up with %v", err)
		}
		if got := <-done; got != "token-1" {
			t.Errorf("the other one got %s", got)
		}
		var ended atomic.Bool
		other := auth.NewTokens(func(ctx context.Context) (auth.Token, error) {
			<-ctx.Done()
			ended.Store(true)
			return auth.Token{}, ctx.Err()
		})
		short2, cancel2 := context.WithTimeout(t.Context(), time.Second)
		defer cancel2()
		if _, err := other.Token(short2); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gave up with %v", err)
		}
		synctest.Wait()
		if !ended.Load() {
			t.Error("nobody waits, and it is still fetched")
		}
	})
}

// A fetch that everybody left, and that does not heed its context, is not joined by
// another.
func TestNoTwoFetchesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, fetched atomic.Int32
		tokens := auth.NewTokens(func(context.Context) (auth.Token, error) {
			if running.Add(1) > 1 {
				t.Error("two at once")
			}
			defer running.Add(-1)
			n := fetched.Add(1)
			time.Sleep(time.Minute)
			return auth.NewToken(fmt.Sprint("token-", n), time.Time{}), nil
		})
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := tokens.Token(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gave up with %v", err)
		}
		if got := shown(t, tokens); got != "token-2" {
			t.Errorf("got %s", got)
		}
	})
}

func TestAFailureIsNotKept(t *testing.T) {
	broken := true
	down := errors.New("the endpoint is down")
	tokens := auth.NewTokens(func(context.Context) (auth.Token, error) {
		if broken {
			return auth.Token{}, down
		}
		return auth.NewToken(token, time.Time{}), nil
	})
	if _, err := tokens.Token(t.Context()); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
	broken = false
	if got := shown(t, tokens); got != token {
		t.Errorf("got %s", got)
	}
	if _, err := auth.StaticToken("").Token(t.Context()); err == nil {
		t.Error("an empty token was given out")
	}
}

// After a refusal there is one new token, not more; once a server took one, a
// later refusal counts anew.
func TestARefusedTokenIsFetchedAnewOnce(t *testing.T) {
	var fetched atomic.Int32
	tokens := auth.NewTokens(counter(&fetched, 0, time.Hour))
	login := func(want string, good bool) (again bool) {
		t.Helper()
		x, initial, err := auth.OAuthBearer("tim", tokens).Start(t.Context(), overTLS)
		if err != nil || !strings.Contains(string(initial), want+"\x01") {
			t.Fatalf("%q, %v; want %s", initial, err, want)
		}
		if good {
			if err := x.Finish(); err != nil {
				t.Fatal(err)
			}
			return false
		}
		again, _ = auth.Refused(x, errors.New("535"))
		return again
	}
	if !login("token-1", false) {
		t.Error("after a refusal no new token is tried")
	}
	if login("token-2", false) {
		t.Error("after two refusals a third token is tried")
	}
	login("token-3", true)
	login("token-3", true)
	if !login("token-3", false) {
		t.Error("a token that had been good was refused, and no new one is tried")
	}
	login("token-4", true)

	// Of many logins with one token, each may try the new one.
	many := auth.NewTokens(counter(&fetched, 0, time.Hour))
	var exchanges []auth.Exchange
	for range 10 {
		x, _, err := auth.XOAuth2("tim", many).Start(t.Context(), overTLS)
		if err != nil {
			t.Fatal(err)
		}
		exchanges = append(exchanges, x)
	}
	before := fetched.Load()
	for _, x := range exchanges {
		if again, _ := auth.Refused(x, errors.New("535")); !again {
			t.Error("no new token is tried")
		}
		shown(t, many)
	}
	if n := fetched.Load() - before; n != 1 {
		t.Errorf("%d new tokens were fetched, want 1", n)
	}
}

// A source that gives the refused token again is not asked by the server again;
// later it may be.
func TestTheSameTokenIsNotTriedTwice(t *testing.T) {
	tokens := auth.StaticToken(token)
	x, _, err := auth.XOAuth2("tim", tokens).Start(t.Context(), overTLS)
	if err != nil {
		t.Fatal(err)
	}
	auth.Refused(x, errors.New("535"))
	if _, err := tokens.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("the refused token came again: %v", err)
	}
	if got := shown(t, tokens); got != token {
		t.Errorf("got %s", got)
	}
}

type oauthToken struct { // as golang.org/x/oauth2's
	AccessToken string
	Expiry      time.Time
}

type oauthSource struct{}

func (oauthSource) Token() (*oauthToken, error) { return &oauthToken{AccessToken: token}, nil }

func TestTokensFromASource(t *testing.T) {
	var source interface{ Token() (*oauthToken, error) } = oauthSource{}
	tokens := auth.TokensFrom(source, func(t *oauthToken) (string, time.Time) { return t.AccessToken, t.Expiry })
	if got := shown(t, tokens); got != token {
		t.Errorf("got %s", got)
	}
}

func TestATokenIsNotShown(t *testing.T) {
	value := auth.NewToken(token, time.Time{})
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, v := range []any{value, &value, struct{ t auth.Token }{value}, []auth.Token{value}, auth.StaticToken(token), auth.XOAuth2("tim", auth.StaticToken(token))} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, token) || strings.Contains(text, fmt.Sprintf("%x", token)) {
				t.Errorf("%s shows the token: %s", format, text)
			}
		}
	}
}
