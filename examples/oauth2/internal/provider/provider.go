// Package provider is what the examples are tested against: a token endpoint over
// HTTPS, and a mail server that takes its tokens and no others.
package provider

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// A Provider is a token endpoint and a mail server.
type Provider struct {
	*httptest.Server // the token endpoint, at /token and /devicecode
	Mail             *smtptest.Server

	// What a request for a token has to say.
	Client, Secret, Scope, User string
	Key                         *rsa.PublicKey // of the service account
	// Life is how long a token is good for. Default an hour.
	Life time.Duration

	mu      sync.Mutex
	good    map[string]time.Time // until when each token is
	issued  int
	refused []string // why requests were refused
	refresh string   // the refresh token that is good
	polls   int
}

// New starts a provider, which ends with the test.
func New(t *testing.T) *Provider {
	p := &Provider{Life: time.Hour, good: map[string]time.Time{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("POST /devicecode", p.deviceCode)
	p.Server = httptest.NewTLSServer(mux)
	t.Cleanup(p.Server.Close)
	p.Mail = smtptest.NewUnstartedServer()
	p.Mail.Config.STARTTLS, p.Mail.Config.RequireAuth = true, true
	p.Mail.Config.Mechanisms = []func(auth.Verifier) auth.ServerMechanism{smtptest.Mechanism(auth.XOAuth2Server(p.verify))}
	p.Mail.Start()
	t.Cleanup(p.Mail.Close)
	return p
}

// Config is how to connect to the mail server.
func (p *Provider) Config() smtpclient.Config {
	return smtpclient.Config{TLSConfig: p.Mail.ClientTLS()}
}

// Issued is how many tokens there have been.
func (p *Provider) Issued() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.issued
}

// Refused is why requests for tokens were refused.
func (p *Provider) Refused() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

// Revoke makes all tokens that there are no good.
func (p *Provider) Revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.good)
}

func (p *Provider) verify(q auth.BearerRequest) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	until, ok := p.good[q.Token]
	if !ok || time.Now().After(until) || q.User != p.User {
		return "", &auth.OAuthError{Status: "401", Schemes: "bearer", Scope: p.Scope}
	}
	return q.User, nil
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := map[string]any{"token_type": "Bearer", "expires_in": int(p.Life.Seconds())}
	var problem string
	switch grant := r.FormValue("grant_type"); grant {
	case "urn:ietf:params:oauth:grant-type:jwt-bearer": // RFC 7523 §2.1
		problem = p.assertion(r.FormValue("assertion"))
	case "client_credentials": // RFC 6749 §4.4.2
		client, secret, ok := r.BasicAuth()
		if !ok {
			client, secret = r.FormValue("client_id"), r.FormValue("client_secret")
		}
		if client != p.Client || secret != p.Secret || r.FormValue("scope") != p.Scope {
			problem = "invalid_client"
		}
	case "urn:ietf:params:oauth:grant-type:device_code": // RFC 8628 §3.4
		p.polls++
		switch {
		case r.FormValue("client_id") != p.Client || r.FormValue("device_code") != "device-code":
			problem = "invalid_grant"
		case p.polls < 2: // the user is still looking for the browser
			problem = "authorization_pending"
		}
	case "refresh_token": // RFC 6749 §6
		if r.FormValue("client_id") != p.Client || p.refresh == "" || r.FormValue("refresh_token") != p.refresh {
			problem = "invalid_grant"
		}
	default:
		problem = "unsupported_grant_type"
	}
	w.Header().Set("Content-Type", "application/json")
	if problem != "" {
		if problem != "authorization_pending" {
			p.refused = append(p.refused, problem)
		}
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"error": problem})
		return
	}
	p.issued++
	token := rand.Text()
	p.good[token] = time.Now().Add(p.Life)
	answer["access_token"] = token
	if p.polls > 0 {
		p.refresh = rand.Text() // a new one each time
		answer["refresh_token"] = p.refresh
	}
	json.NewEncoder(w).Encode(answer)
}

// assertion says what is wrong with a JWT (RFC 7523 §3).
func (p *Provider) assertion(jwt string) string {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 || p.Key == nil {
		return "invalid_grant"
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err != nil || rsa.VerifyPKCS1v15(p.Key, crypto.SHA256, sum[:], signature) != nil {
		return "invalid_grant: signature"
	}
	var claims struct {
		Iss, Scope, Aud, Sub string
		Exp, Iat             int64
	}
	octets, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(octets, &claims) != nil {
		return "invalid_grant: claims"
	}
	now := time.Now().Unix()
	if claims.Iss != p.Client || claims.Scope != p.Scope || claims.Aud != p.URL+"/token" || claims.Sub != p.User || claims.Iat > now+60 || claims.Exp < now {
		return fmt.Sprintf("invalid_grant: %+v", claims)
	}
	return ""
}

func (p *Provider) deviceCode(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.FormValue("client_id") != p.Client || r.FormValue("scope") != p.Scope {
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"error": "invalid_client"})
		return
	}
	json.NewEncoder(w).Encode(map[string]any{ // RFC 8628 §3.2
		"device_code": "device-code", "user_code": "WDJB-MJHT", "verification_uri": p.URL + "/device", "expires_in": 900, "interval": 1,
	})
}
