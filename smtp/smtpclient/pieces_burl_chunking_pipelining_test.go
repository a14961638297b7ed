package smtpclient_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

const outbox = "imap://harry@gryffindor.example.com/outbox;uidvalidity=1078863300/;uid=25;urlauth=submit+harry:internal:91354a473744909de610943775f92038"

var harry = smtpclient.Envelope{From: "harry@gryffindor.example.com", To: []string{"ron@gryffindor.example.com"}}

func fetcher(t *testing.T, change func(*smtptest.Config)) (*smtptest.Server, *smtpclient.Client) {
	srv := smtptest.NewUnstartedServer()
	srv.Config.Offers = []smtp.Offer{{Keyword: smtp.KeywordBurl, Args: "imap"}}
	if change != nil {
		change(&srv.Config)
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOff})
}

// saidBehind are the lines of the client behind its envelope.
func saidBehind(srv *smtptest.Server) (lines []string) {
	for _, l := range srv.Transcript(1) {
		if l.From == 'C' && (len(lines) > 0 || strings.HasPrefix(l.Text, "RCPT")) {
			lines = append(lines, l.Text)
		}
	}
	return lines[1:]
}

// The forms of RFC 4468 §3.4: a message by its URL; a forwarded one with text of
// its own before and behind.
func TestBurlSends(t *testing.T) {
	text := func(s string) smtpclient.Piece { return smtpclient.Piece{Data: strings.NewReader(s)} }
	url := smtpclient.Piece{URL: outbox}
	for name, c := range map[string]struct {
		pieces []smtpclient.Piece
		lines  []string
		data   string
	}{
		"a URL":             {[]smtpclient.Piece{url}, []string{"BURL " + outbox + " LAST"}, ""},
		"URL and text":      {[]smtpclient.Piece{url, text("behind")}, []string{"BURL " + outbox, "BDAT 8 LAST"}, "behind\r\n"},
		"text and URL":      {[]smtpclient.Piece{text("Subject: x\n\n"), url}, []string{"BDAT 14", "BURL " + outbox + " LAST"}, "Subject: x\r\n\r\n"},
		"around it":         {[]smtpclient.Piece{text("a: "), url, text(""), url, text("\r\nend\r\n")}, []string{"BDAT 3", "BURL " + outbox, "BDAT 0", "BURL " + outbox, "BDAT 7 LAST"}, "a: \r\nend\r\n"},
		"nothing behind it": {[]smtpclient.Piece{url, text("")}, []string{"BURL " + outbox, "BDAT 0 LAST"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var traced []string
			var wire bytes.Buffer
			srv, _ := fetcher(t, nil)
			client := dial(t, srv, smtpclient.Config{
				TLS:   smtpclient.TLSOff,
				Trace: func(ev smtpclient.TraceEvent) { traced = append(traced, ev.Text) },
				Dialer: dialFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
					conn, err := new(net.Dialer).DialContext(ctx, network, addr)
					return wired{conn, &wire}, err
				}),
			})
			r, err := client.SendPieces(t.Context(), harry, c.pieces...)
			if err != nil || r.Accepted() != 1 {
				t.Fatal(err)
			}
			lines := regexp.MustCompile(`(?m)(BURL|BDAT) .*$`).FindAllString(strings.ReplaceAll(wire.String(), "\r", ""), -1)
			if !slices.Equal(lines, c.lines) {
				t.Errorf("%q, expected %q", lines, c.lines)
			}
			if log := strings.Join(append(traced, fmt.Sprint(srv.Transcript(2))), "\n"); strings.Contains(log, "91354a47") || !strings.Contains(log, "BURL (secret)") {
				t.Errorf("traced: %s", log)
			}
			if got := string(srv.Messages()[0].Data); got != c.data {
				t.Errorf("octets: %q", got)
			}
			if _, err := client.Send(t.Context(), harry, strings.NewReader(letter)); err != nil {
				t.Errorf("the next message: %v", err)
			}
		})
	}
}

// wired shows what is written.
type wired struct {
	net.Conn
	wire *bytes.Buffer
}

func (w wired) Write(p []byte) (int, error) {
	w.wire.Write(p)
	return w.Conn.Write(p)
}

// A piece that is refused has the whole message refused, and the next goes well.
func TestBurlRefused(t *testing.T) {
	for name, refuse := range map[string]smtptest.Match{"the URL in the middle": {Role: smtp.RoleURL, Nth: 1}, "the last": {Role: smtp.RoleURLLast, Nth: 1}} {
		srv, client := fetcher(t, nil)
		srv.On(refuse, smtptest.Answer{Code: 554, Text: "5.6.6 IMAP URL resolution failed"})
		r, err := client.SendPieces(t.Context(), harry, smtpclient.Piece{Data: strings.NewReader("a: b\r\n")}, smtpclient.Piece{URL: outbox}, smtpclient.Piece{URL: outbox})
		if !errors.Is(err, smtp.ErrPermanent) || r.Recipients[0].Outcome != smtp.RefusedForGood || r.Recipients[0].Reply.Code != 554 {
			t.Errorf("%s: %v", name, err)
		}
		if lines := saidBehind(srv); name == "the URL in the middle" && slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, "LAST") }) {
			t.Errorf("the last piece went out behind a refused one: %q", lines)
		}
		if _, err := client.Send(t.Context(), harry, strings.NewReader(letter)); err != nil {
			t.Errorf("%s, the next message: %v", name, err)
		}
	}
}

// What the server does not offer, and bad input, is an error before anything is
// sent.
func TestBurlNotSent(t *testing.T) {
	url := smtpclient.Piece{URL: outbox}
	for name, c := range map[string]struct {
		without smtp.Keyword
		pieces  []smtpclient.Piece
		missing string
	}{
		"no BURL":        {smtp.KeywordBurl, []smtpclient.Piece{url}, "BURL"},
		"no CHUNKING":    {smtp.KeywordChunking, []smtpclient.Piece{{Data: strings.NewReader("a: b\n")}, url}, "CHUNKING"},
		"no URL":         {0, []smtpclient.Piece{{URL: "outbox"}}, ""},
		"a line end":     {0, []smtpclient.Piece{{URL: "imap://a/b\r\nQUIT"}}, ""},
		"nothing":        {0, nil, ""},
		"an empty piece": {0, []smtpclient.Piece{{}}, ""},
		"both":           {0, []smtpclient.Piece{{URL: outbox, Data: strings.NewReader("")}}, ""},
		"a failed read":  {0, []smtpclient.Piece{url, {Data: io.MultiReader(strings.NewReader("x"), brokenOff{})}}, ""},
		"a lone CR":      {0, []smtpclient.Piece{{Data: strings.NewReader("a\rb\n")}, url}, ""},
	} {
		srv, client := fetcher(t, func(cfg *smtptest.Config) {
			if cfg.Without = []smtp.Keyword{c.without}; c.without == smtp.KeywordBurl {
				cfg.Offers = nil
			}
		})
		r, err := client.SendPieces(t.Context(), harry, c.pieces...)
		var missing *smtp.MissingError
		if err == nil || r.Recipients[0].Outcome != smtp.NotSent || errors.As(err, &missing) != (c.missing != "") || missing != nil && missing.Name != c.missing {
			t.Errorf("%s: %v", name, err)
		}
		for _, l := range srv.Transcript(1) {
			if l.From == 'C' && strings.HasPrefix(l.Text, "MAIL") {
				t.Errorf("%s: MAIL was sent", name)
			}
		}
	}
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, errors.New("no more") }

// Eager: the whole transaction goes out in one flight, as RFC 4468 §3.2 allows.
func TestBurlEager(t *testing.T) {
	for eager, want := range map[bool]int{true: 1, false: 2} {
		server := smtptest.Config{Offers: []smtp.Offer{{Keyword: smtp.KeywordBurl, Args: "imap"}}}
		farAway(t, server, smtpclient.Config{TLS: smtpclient.TLSOff, Eager: eager}, func(t *testing.T, srv *smtptest.Server, cfg smtpclient.Config, passed func() int) {
			c, err := smtpclient.Dial(t.Context(), "mx.example.test:25", cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			passed()
			if _, err := c.SendPieces(t.Context(), harry, smtpclient.Piece{URL: outbox}); err != nil {
				t.Fatal(err)
			}
			if n := passed(); n != want {
				t.Errorf("eager %t: %d round trips, expected %d", eager, n, want)
			}
		})
	}
}
