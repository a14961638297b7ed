package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/tabellarius/tabellarius/auth"
)

// What a mechanism needs besides the user's name.
const (
	needsNothing     = ""
	needsPassword    = "password"
	needsToken       = "token"
	needsCertificate = "certificate"
)

// A way is a mechanism by the name that the flag has for it.
type way struct {
	needs   string
	authzid bool // it can act as somebody else
	make    func(auth.Credentials) auth.Mechanism
}

var ways = map[string]way{
	"plain":       {needsPassword, true, func(c auth.Credentials) auth.Mechanism { return auth.Plain(c.Authzid, c.User, c.Password) }},
	"login":       {needsPassword, false, func(c auth.Credentials) auth.Mechanism { return auth.Login(c.User, c.Password) }},
	"cram-md5":    {needsPassword, false, func(c auth.Credentials) auth.Mechanism { return auth.CramMD5(c.User, c.Password) }},
	"xoauth2":     {needsToken, false, func(c auth.Credentials) auth.Mechanism { return auth.XOAuth2(c.User, c.Tokens) }},
	"oauthbearer": {needsToken, false, func(c auth.Credentials) auth.Mechanism { return auth.OAuthBearer(c.User, c.Tokens) }},
	"external":    {needsCertificate, true, func(c auth.Credentials) auth.Mechanism { return auth.External(c.Authzid) }},
	"anonymous":   {needsNothing, false, func(c auth.Credentials) auth.Mechanism { return auth.Anonymous(c.User) }},
}

func init() {
	for name, h := range map[string]auth.Hash{"scram-sha-1": auth.SHA1, "scram-sha-256": auth.SHA256, "scram-sha-512": auth.SHA512} {
		ways[name] = way{needsPassword, true, func(c auth.Credentials) auth.Mechanism { return auth.Scram(h, c.Authzid, c.User, c.Password) }}
		ways[name+"-plus"] = way{needsPassword, true, func(c auth.Credentials) auth.Mechanism { return auth.ScramPlus(h, c.Authzid, c.User, c.Password) }}
	}
}

// logsIn reports whether the flags ask for a login.
func (c *cli) logsIn() bool { return c.User != "" || len(c.Auth) > 0 || c.Cert != "" }

// checkLogin refuses flags that do not go together.
func (c *cli) checkLogin() error {
	secret := c.PasswordEnv != "" || c.PasswordFile != ""
	needs := map[string]bool{}
	for _, name := range c.Auth {
		w, ok := ways[strings.ToLower(name)]
		switch {
		case !ok:
			return usageError("--auth: expected %s, got %q", strings.Join(slices.Sorted(maps.Keys(ways)), ", "), name)
		case c.Authzid != "" && !w.authzid:
			return usageError("--authzid: %s can't carry it", strings.ToLower(name))
		}
		needs[w.needs] = true
	}
	switch {
	case c.User == "" && (secret || c.TokenCommand != "" || needs[needsPassword]):
		return usageError("expected --user with --password-env, --password-file, --token-command, or a mechanism with a password")
	case c.Authzid != "" && !c.logsIn():
		return usageError("expected --user with --authzid")
	case c.TokenCommand == "" && needs[needsToken]:
		return usageError("expected --token-command with xoauth2 and oauthbearer")
	case c.Cert == "" && needs[needsCertificate]:
		return usageError("expected --cert with external")
	case (c.Cert == "") != (c.Key == ""):
		return usageError("expected --cert and --key together")
	}
	return nil
}

// mechanism gets what the login needs, and keeps it out of the output from here on.
func (a *app) mechanism(ctx context.Context, c *cli) (auth.Mechanism, error) {
	credentials := auth.Credentials{User: c.User, Authzid: c.Authzid, External: c.Cert != ""}
	a.veil(c)
	if c.TokenCommand != "" {
		credentials.Tokens = auth.NewTokens(func(ctx context.Context) (auth.Token, error) { return a.token(ctx, c) })
	}
	// Without a list a password is asked for unless there is something else.
	needsSecret := len(c.Auth) == 0 && (c.PasswordEnv != "" || c.PasswordFile != "" || c.TokenCommand == "" && c.Cert == "")
	for _, name := range c.Auth {
		needsSecret = needsSecret || ways[strings.ToLower(name)].needs == needsPassword
	}
	if needsSecret {
		password, err := a.password(ctx, c)
		if err != nil {
			return nil, err
		}
		a.secrets.add(password)
		credentials.Password = password
	}
	mechanism := auth.Auto(credentials)
	if len(c.Auth) > 0 {
		var list []auth.Mechanism
		for _, name := range c.Auth {
			list = append(list, ways[strings.ToLower(name)].make(credentials))
		}
		mechanism = auth.FirstOf(list...)
	}
	if c.AuthInClear {
		mechanism = auth.AllowInsecure(mechanism)
	}
	return mechanism, nil
}

// token runs the user's command; the first line that it prints is the token.
func (a *app) token(ctx context.Context, c *cli) (auth.Token, error) {
	command := exec.CommandContext(ctx, "sh", "-c", c.TokenCommand)
	command.WaitDelay = time.Second // for what the command leaves behind
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, a.stderr
	if err := command.Run(); err != nil {
		return auth.Token{}, fmt.Errorf("--token-command: %w", err)
	}
	line, _, _ := strings.Cut(out.String(), "\n")
	line = strings.TrimSpace(line)
	if line == "" {
		return auth.Token{}, errors.New("--token-command: the first line of what it prints is empty")
	}
	a.secrets.add(line)
	return auth.NewToken(line, time.Time{}), nil
}

// certificate reads what the client shows in the handshake.
func certificate(c *cli) ([]tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, usageError("--cert, --key: %w", err)
	}
	return []tls.Certificate{pair}, nil
}
