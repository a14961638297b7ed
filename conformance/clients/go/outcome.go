package main

import (
	"errors"
	"fmt"
	"net/textproto"
	"strconv"

	gosmtp "github.com/emersion/go-smtp"
	moxclient "github.com/mjl-/mox/smtpclient"
	"github.com/tabellarius/tabellarius/conformance/client"
)

// An errTLS is about TLS: no refusal of a message, whatever its code.
type errTLS struct{ error }

// outcome is what an error means for a recipient; ended says that the end of data
// went out.
func outcome(err error, ended bool) client.Recipient {
	r := client.Recipient{Outcome: "accepted"}
	if err == nil {
		return r
	}
	r.Outcome = "not-sent"
	if ended {
		r.Outcome = "unknown"
	}
	r.Text = err.Error()
	var proto *textproto.Error
	var smtp *gosmtp.SMTPError
	var mox moxclient.Error
	switch {
	case errors.As(err, &errTLS{}):
		return r
	case errors.As(err, &proto):
		r.Code, r.Text = proto.Code, proto.Msg
	case errors.As(err, &smtp):
		r.Code, r.Text = smtp.Code, smtp.Message
		if e := smtp.EnhancedCode; e[0] > 0 {
			r.Enhanced = fmt.Sprintf("%d.%d.%d", e[0], e[1], e[2])
		}
	case errors.As(err, &mox):
		r.Code = mox.Code
		if mox.Line != "" {
			r.Text = mox.Line
		}
		if mox.Secode != "" {
			r.Enhanced = strconv.Itoa(mox.Code/100) + "." + mox.Secode
		}
	}
	switch r.Code / 100 {
	case 4:
		r.Outcome = "temporary"
	case 5:
		r.Outcome = "permanent"
	}
	return r
}
