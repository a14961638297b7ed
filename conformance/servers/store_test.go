//go:build realservers

package servers_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fetch moves what a server keeps in a store of its own, asked over HTTP
// (Mailpit), into maildirs as the other servers have them. The store gives the
// recipients of the envelope that the header does not name as Bcc.
func (s *server) fetch(t *testing.T) {
	t.Helper()
	store := s.told["store"]
	if store == "" {
		return
	}
	type address struct{ Address string }
	var page struct {
		Messages []struct {
			ID          string
			To, Cc, Bcc []address
		}
	}
	if err := json.Unmarshal(request(t, http.MethodGet, store+"/messages?limit=1000", ""), &page); err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Messages {
		octets := request(t, http.MethodGet, store+"/message/"+m.ID+"/raw", "")
		for _, to := range append(append(m.To, m.Cc...), m.Bcc...) {
			folder := filepath.Join(s.mail, mailboxOf(to.Address), "new")
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, m.ID), octets, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		request(t, http.MethodDelete, store+"/messages", fmt.Sprintf(`{"IDs":[%q]}`, m.ID))
	}
}

func request(t *testing.T, method, url, body string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	octets, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v: %.500s", method, url, answer.Status, err, octets)
	}
	return octets
}
