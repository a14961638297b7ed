package smtpclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// Extension gives what the server said behind a keyword, in its type.
func ExampleExtension() {
	srv := smtptest.NewServer()
	defer srv.Close()
	c, err := smtpclient.Dial(context.Background(), srv.Addr, smtpclient.Config{TLS: smtpclient.TLSOff})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Println(smtpclient.Extension(c, smtp.SizeKeyword))
	// Output: 33554432 true
}

func TestSizeBeyondTheLimitIsNotSent(t *testing.T) {
	srv := mode{}.server(t, nil)
	c := dial(t, srv, smtpclient.Config{TLS: smtpclient.TLSOff})
	before := len(srv.Transcript(1))
	env := smtpclient.Envelope{To: []string{"b@example.test"}, Size: 1 << 40}
	report, err := c.Send(t.Context(), env, strings.NewReader(letter))
	if bad := new(smtp.ArgumentError); !errors.As(err, &bad) || report.Recipients[0].Outcome != smtp.NotSent {
		t.Errorf("error %v, want an ArgumentError", err)
	}
	if after := srv.Transcript(1); len(after) != before {
		t.Errorf("the server saw %v", after[before:])
	}
}
