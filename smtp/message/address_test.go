package message_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/message"
)

func TestASCII(t *testing.T) {
	for address, want := range map[string]string{
		"":                         "",
		"tim@example.org":          "tim@example.org",
		"tim@Under_score.example":  "tim@Under_score.example",
		"Tim@Bücher.example":       "Tim@xn--bcher-kva.example",
		"tim@BÜCHER.example":       "tim@xn--bcher-kva.example",
		"tim@straße.example":       "tim@xn--strae-oqa.example", // not strasse: RFC 5891, not 3490
		"tim@bu\u0308cher.example": "tim@xn--bcher-kva.example", // composed
		"tim@例え。テスト":               "tim@xn--r8jz45g.xn--zckzah",
		`"a@b"@bücher.example`:     `"a@b"@xn--bcher-kva.example`,
	} {
		got, err := message.ASCII(address)
		if err != nil || got != want {
			t.Errorf("%q became %q, %v; want %q", address, got, err, want)
		}
		if again, err := message.ASCII(got); err != nil || again != got {
			t.Errorf("%q became %q, %v", got, again, err)
		}
	}
}

func TestNoASCII(t *testing.T) {
	for _, address := range []string{"tüm@example.org", "tüm@bücher.example", "é"} {
		_, err := message.ASCII(address)
		var missing *smtp.MissingError
		if !errors.As(err, &missing) || missing.Name != "SMTPUTF8" {
			t.Errorf("%q: %v; want that SMTPUTF8 is missing", address, err)
		}
	}
	for _, address := range []string{"tim@-ü.example", "tim@ü_ber.example", "tim@\u0301a.example", "tim@" + strings.Repeat("ü", 80) + ".example", "tim@aא.example", "tim@ü..example"} {
		got, err := message.ASCII(address)
		var bad *smtp.ArgumentError
		if !errors.As(err, &bad) {
			t.Errorf("%q became %q, %v; want an error about the domain", address, got, err)
		} else if strings.Contains(err.Error(), "example") {
			t.Errorf("the error has the domain: %v", err)
		}
	}
}
