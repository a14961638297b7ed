package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/auth"
)

// answers runs LOGIN as tim against the prompts, up to the first error.
func answers(t *testing.T, prompts ...string) (said []string, err error, finish error) {
	t.Helper()
	x, initial, err := auth.Login("tim", "tanstaaf").Start(context.Background(), overTLS)
	if err != nil || initial != nil {
		t.Fatalf("Start gave %q, %v; want no initial response", initial, err)
	}
	for _, prompt := range prompts {
		response, err := x.Next([]byte(prompt))
		if err != nil {
			if response != nil {
				t.Errorf("prompt %q: an error, and the response %q", prompt, response)
			}
			return said, err, x.Finish()
		}
		said = append(said, string(response))
	}
	return said, nil, x.Finish()
}

func TestLoginUnderstandsThePromptsInUse(t *testing.T) {
	forward, backward := []string{"tim", "tanstaaf"}, []string{"tanstaaf", "tim"}
	for _, c := range []struct {
		prompts []string
		want    []string
	}{
		{[]string{"Username:", "Password:"}, forward},
		{[]string{"username:", "password:"}, forward},
		{[]string{"User Name\x00", "Password\x00"}, forward},
		{[]string{"USER NAME", "PASSWORD"}, forward},
		{[]string{"user", "pass"}, forward},
		{[]string{"Login:", "Password:"}, forward},
		{[]string{"", ""}, forward},
		{[]string{"Username:", ""}, forward},
		{[]string{"", "Password:"}, forward},
		{[]string{"Password:", "Username:"}, backward},
	} {
		said, err, finish := answers(t, c.prompts...)
		if err != nil || finish != nil {
			t.Errorf("prompts %q: %v, at the end %v", c.prompts, err, finish)
		}
		if diff := cmp.Diff(c.want, said); diff != "" {
			t.Errorf("prompts %q: %s", c.prompts, diff)
		}
	}
}

func TestLoginRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, c := range []struct {
		prompts []string
		said    int // responses before the error
	}{
		{[]string{"Token:"}, 0},
		{[]string{"User name and password:"}, 0},
		{[]string{"Username:", "One-time code:"}, 1},
		{[]string{"Username:", "Username:"}, 1},
		{[]string{"Password:", "Password:"}, 1},
		{[]string{"Username:", "Password:", "Password:"}, 2},
		{[]string{"", "", ""}, 2},
	} {
		said, err, finish := answers(t, c.prompts...)
		if !errors.Is(err, auth.ErrExchange) || len(said) != c.said {
			t.Errorf("prompts %q: said %q, error %v", c.prompts, said, err)
		}
		if c.said == 2 && (err == nil || !strings.Contains(err.Error(), "third prompt")) {
			t.Errorf("prompts %q: the error does not say that it was one prompt too many: %v", c.prompts, err)
		}
		if c.said < 2 && !errors.Is(finish, auth.ErrExchange) {
			t.Errorf("prompts %q: success was believed before both were said", c.prompts)
		}
	}
}

func TestLoginErrorShowsThePromptButNotThePassword(t *testing.T) {
	_, err, _ := answers(t, "One-time code:")
	if err == nil || !strings.Contains(err.Error(), `"One-time code:"`) {
		t.Errorf("the error does not show what came: %v", err)
	}
	for _, echo := range []string{"your secret was tanstaaf!", "dGFuc3RhYWY="} {
		_, err, _ := answers(t, echo)
		if err == nil || strings.Contains(err.Error(), "tanstaaf") || strings.Contains(err.Error(), "dGFuc3RhYWY") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}

func TestLoginServerTakesTheNameAsInitialResponse(t *testing.T) {
	var got []string
	x := auth.LoginServer(func(authzid, user, password string) error {
		got = []string{authzid, user, password}
		return nil
	}).Start()
	challenge, done, err := x.Next([]byte("tim"))
	if string(challenge) != "Password:" || done || err != nil {
		t.Fatalf("after the name: %q, %v, %v", challenge, done, err)
	}
	if _, done, err := x.Next([]byte("tanstaaf")); !done || err != nil {
		t.Fatalf("after the password: %v, %v", done, err)
	}
	if diff := cmp.Diff([]string{"", "tim", "tanstaaf"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoginServerRefusesWhatIsNoText(t *testing.T) {
	server := auth.LoginServer(func(authzid, user, password string) error {
		t.Errorf("the verifier was asked about %q, %q", user, password)
		return nil
	})
	for _, bad := range []string{"", "a\x00b", "\xff"} {
		x := server.Start()
		if _, _, err := x.Next(nil); err != nil {
			t.Fatal(err)
		}
		if _, done, err := x.Next([]byte(bad)); done || !errors.Is(err, auth.ErrExchange) {
			t.Errorf("user name %q: done %v, error %v", bad, done, err)
		}
		x = server.Start()
		if _, _, err := x.Next([]byte("tim")); err != nil {
			t.Fatal(err)
		}
		if _, done, err := x.Next([]byte(bad)); done || !errors.Is(err, auth.ErrExchange) {
			t.Errorf("password %q: done %v, error %v", bad, done, err)
		}
	}
}
