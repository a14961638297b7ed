package message

import (
	"context"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// Options says how a message is sent. The zero value takes the envelope from the
// header and re-encodes what the server does not take.
type Options struct {
	// Envelope is used in place of that of the header, if it is not nil. Its Size,
	// Body and UTF8 are set by what the message is.
	Envelope *smtpclient.Envelope
	// AsIs refuses to send a message that would have to be re-encoded: what the
	// server lacks is a [*smtp.MissingError].
	AsIs bool
}

// Send sends a message over c, in a form that its server takes. What became of
// it is told as by [smtpclient.Client.Send]; a message that can't be brought into
// such a form is not sent, for an [*EncodingError] or another error of
// [Prepare].
func Send(ctx context.Context, c *smtpclient.Client, m *Message, o Options) (smtpclient.Report, error) {
	env, content, err := Prepare(c, m, o)
	if err != nil {
		return smtpclient.Report{}, err
	}
	return c.Send(ctx, env, content)
}

// Prepare makes the envelope and the content that [Send] would send over c, for
// [smtpclient.Client.SendTo] or [smtpclient.Client.SendAll]. Where the server
// lacks SMTPUTF8, domains in addresses become A-labels as [ASCII] has it.
func Prepare(c *smtpclient.Client, m *Message, o Options) (env smtpclient.Envelope, content *Content, err error) {
	if o.Envelope != nil {
		env = *o.Envelope
	} else if env, err = m.Envelope(); err != nil {
		return env, nil, err
	}
	t := transport(c)
	if o.AsIs {
		content, err = m.Content(), m.needs.refused(t)
	} else {
		content, err = m.Encoded(t)
	}
	if err == nil && !t.UTF8 {
		err = asciiAll(&env)
	}
	if err != nil {
		return env, nil, err
	}
	content.needs.fill(&env)
	return env, content, nil
}

// transport is what a client's server takes.
func transport(c *smtpclient.Client) (t Transport) {
	c.Ask(func(s *smtp.Session) {
		p := s.Protocol()
		if id, _, ok := p.ParamValue(smtp.Role8Bit); ok {
			t.EightBit = s.Offered(p.Params[id].Keyword)
		}
		if id, ok := p.Param(smtp.RoleUTF8); ok {
			t.UTF8 = s.Offered(p.Params[id].Keyword)
		}
		chunking, ok := p.Keyword(smtp.RoleLastChunk)
		t.Binary = ok && s.Offered(chunking) && s.OffersValue(smtp.RoleBinary)
	})
	return t
}

// refused tells what a message as it is needs and t lacks.
func (n *Needs) refused(t Transport) error {
	switch {
	case n.UTF8 && !t.UTF8:
		return &smtp.MissingError{Name: "SMTPUTF8", Reason: "a header has UTF-8 (RFC 6531 §3.4)"}
	case n.EightBit && !t.EightBit:
		return &smtp.MissingError{Name: "8BITMIME", Reason: "the message has octets above 127 (RFC 6152)"}
	case n.Binary && !t.Binary:
		return &smtp.MissingError{Name: "BINARYMIME", Reason: "the message has NUL, or CR or LF that end no line (RFC 3030 §3)"}
	}
	return nil
}
