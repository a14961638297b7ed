package conformance

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// golden compares octets with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what is written (+); if it is right: go test ./conformance -run %s -update\n%s", path, t.Name(), diff)
	}
}

// TestGoldenReports holds each form of a report that has all there can be in one.
func TestGoldenReports(t *testing.T) {
	circumstances := []Circumstance{{Link: "plain", Cut: "one command a write", Login: "stranger"}, {Link: "STARTTLS", Cut: "one octet a write", Login: "stranger"}}
	r := &Report{
		Server: "mx.example.test", Greeting: "220 mx.example.test ESMTP <&>", Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seconds: 1.5,
		Connections: 7, Messages: 2, Offers: map[string]map[string]string{"plain": {"SIZE": "1000", "STARTTLS": ""}, "STARTTLS": {"SIZE": "1000"}},
		Results: []Result{
			{
				ID: "mail-250", Level: Must, RFC: "5321 §3.3", Area: "MAIL", Title: "A valid reverse-path is accepted.", Test: "MAIL: 250", Why: "Mail is lost.",
				Verdict: Fail, Findings: []string{"MAIL: expected 250, got 550 <no>"}, Circumstances: circumstances, In: circumstances[1:], Unexpected: true, Ms: 12,
				Log: []Line{{Conn: 1, From: "*", Text: "connected"}, {Conn: 1, Ms: 1, From: "S", Text: "220 mx"}, {Conn: 1, Ms: 2, From: "C", Text: "MAIL FROM:<>"}, {Conn: 1, Ms: 3, From: "S", Text: "550 <no>"}},
			},
			{ID: "mail-null", Level: Must, RFC: "5321 §4.5.5", Area: "MAIL", Title: "The null reverse-path is accepted.", Test: "MAIL: 250", Verdict: Pass, Reason: "it was refused", Unexpected: true, Ms: 3},
			{ID: "size-zero", Level: Must, RFC: "1870 §4", Area: "SIZE", Title: "0 is no limit.", Test: "EHLO", Verdict: Skipped, Missing: "SIZE"},
			{ID: "size-552", Level: Should, RFC: "1870 §6.1", Area: "SIZE", Title: "Too large is 552.", Test: "MAIL", Verdict: Warn, Findings: []string{"452 came"}, Reason: "a quota", Ms: 4},
			{ID: "size-mail", Level: May, RFC: "1870 §6", Area: "SIZE", Title: "A smaller one may come.", Test: "MAIL", Verdict: Error, Findings: []string{"the server closed the connection"}, Unexpected: true, Ms: 5},
			{ID: "size-any", Level: May, RFC: "1870 §6", Area: "SIZE", Title: "It is recorded.", Test: "MAIL", Verdict: Pass, Findings: []string{"seen: 250"}, Ms: 6},
		},
	}
	for name, write := range map[string]func(io.Writer) error{
		"report.txt":  func(w io.Writer) error { return r.WriteTextStyle(w, TextStyle{All: true, Log: true}) },
		"report.ansi": func(w io.Writer) error { return r.WriteTextStyle(w, TextStyle{Colour: true}) },
		"report.json": r.WriteJSON,
		"report.xml":  r.WriteJUnit,
		"report.html": r.WriteHTML,
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
		})
	}
}
