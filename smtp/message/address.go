package message

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

// Envelope makes an envelope of the header: [Message.Sender],
// [Message.Recipients] and [Message.Needs]. No recipient is an error.
func (m *Message) Envelope() (smtpclient.Envelope, error) {
	from, err := m.Sender()
	if err != nil {
		return smtpclient.Envelope{}, err
	}
	to, err := m.Recipients()
	if err == nil && len(to) == 0 {
		err = badHeader("expected a recipient in To, Cc or Bcc, got none")
	}
	if err != nil {
		return smtpclient.Envelope{}, err
	}
	env := smtpclient.Envelope{From: from, To: to}
	m.needs.fill(&env)
	return env, nil
}

func (n *Needs) fill(env *smtpclient.Envelope) {
	env.Size, env.UTF8, env.Body = n.Size, n.UTF8, smtpclient.Body7Bit
	switch {
	case n.Binary:
		env.Body = smtpclient.BodyBinary
	case n.EightBit || n.UTF8:
		env.Body = smtpclient.Body8Bit
	}
}

// Sender gives the reverse-path that the header names, without angle brackets:
// the address in Sender, else the one in From; in a message that was resent,
// that in Resent-Sender or Resent-From (RFC 5322 §3.6.2, §3.6.6). None, or
// several in From without Sender, is an error.
func (m *Message) Sender() (string, error) {
	prefix, err := m.prefix()
	if err != nil {
		return "", err
	}
	name := prefix + "sender"
	list, err := m.addresses(name)
	if err == nil && len(list) == 0 {
		name = prefix + "from"
		list, err = m.addresses(name)
	}
	if err != nil {
		return "", err
	}
	if len(list) != 1 {
		return "", badField(name, "expected one address for the reverse-path, got %d", len(list))
	}
	return list[0], nil
}

// Recipients gives the forward-paths that the header names: those in To, Cc and
// Bcc, in this order, each once; in a message that was resent, those in
// Resent-To, Resent-Cc and Resent-Bcc (RFC 5322 §3.6.3, §3.6.6). Groups stand
// for their members. There may be none.
func (m *Message) Recipients() ([]string, error) {
	prefix, err := m.prefix()
	if err != nil {
		return nil, err
	}
	var all []string
	seen := map[string]bool{}
	for _, name := range []string{"to", "cc", "bcc"} {
		list, err := m.addresses(prefix + name)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			local, domain := split(one)
			if key := local + "@" + strings.ToLower(domain); !seen[key] {
				seen[key] = true
				all = append(all, one)
			}
		}
	}
	return all, nil
}

// prefix tells which fields count. A message that was resent more than once has
// several blocks of Resent- fields, which can't be told apart for sure.
func (m *Message) prefix() (string, error) {
	if m.head.resent != "" {
		return "", badField(m.head.resent, "expected one block of Resent- fields (RFC 5322 §3.6.6), got several: give the envelope")
	}
	for name := range m.head.fields {
		if isResent(name) {
			return "resent-", nil
		}
	}
	return "", nil
}

// parser reads addresses and leaves names in any character set alone.
var parser = mail.AddressParser{WordDecoder: &mime.WordDecoder{
	CharsetReader: func(_ string, r io.Reader) (io.Reader, error) { return r, nil },
}}

func (m *Message) addresses(name string) (all []string, err error) {
	for _, value := range m.head.fields[name] {
		if strings.TrimSpace(value) == "" {
			continue // Bcc may be empty (RFC 5322 §3.6.3)
		}
		list, err := parser.ParseList(value)
		if err != nil {
			return nil, badField(name, "expected addresses such as tim@example.org or \"Tim <tim@example.org>\" (RFC 5322 §3.4), got something else")
		}
		for i, a := range list {
			one := mailbox(a)
			if _, err := smtp.AppendCommand(nil, smtp.Table, &smtp.Rcpt{To: one}); err != nil {
				reason := err.Error()
				if bad := new(smtp.ArgumentError); errors.As(err, &bad) {
					reason = bad.Reason
				}
				return nil, badField(name, "address %d: %s", i+1, reason)
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// mailbox is the address as the envelope has it: with the quotes that its local
// part may need, which net/mail takes away (RFC 5321 §4.1.2).
func mailbox(a *mail.Address) string {
	text := (&mail.Address{Address: a.Address}).String()
	return text[1 : len(text)-1]
}

func badField(name, format string, args ...any) error {
	return badHeader("%s: %s", textproto.CanonicalMIMEHeaderKey(name), fmt.Sprintf(format, args...))
}

// split gives both sides of the last at sign.
func split(address string) (local, domain string) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address, ""
	}
	return address[:at], address[at+1:]
}

// lookup is what RFC 5891 §5 asks of whoever looks a domain up.
var lookup = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.Transitional(false), idna.VerifyDNSLength(true))

// ASCII gives an address, without angle brackets, in a form for servers without
// SMTPUTF8: its domain in A-labels (RFC 5891 §4.4, RFC 6531 §3.2). One that is
// ASCII comes back as it is. A local part above ASCII has no such form: the error
// is a [*smtp.MissingError]. A domain that is none by IDNA is an
// [*smtp.ArgumentError].
func ASCII(address string) (string, error) {
	if isASCII(address) {
		return address, nil
	}
	local, domain := split(address)
	if !isASCII(local) {
		return "", &smtp.MissingError{Name: "SMTPUTF8", Reason: "an address has characters above ASCII in front of its at sign, for which there is no other form (RFC 6531 §3.2)"}
	}
	labels, err := lookup.ToASCII(domain)
	if err != nil {
		return "", &smtp.ArgumentError{Argument: "domain of an address", Reason: "expected an internationalised domain name (RFC 5891 §5): " + reasonOf(err)}
	}
	return local + "@" + labels, nil
}

// reasonOf gives an error of idna without the domain.
func reasonOf(err error) string {
	text := err.Error()
	if i := strings.IndexByte(text, '"'); i >= 0 {
		text = "a label breaks its rules"
	}
	return strings.TrimPrefix(text, "idna: ")
}

// asciiAll is ASCII for an envelope.
func asciiAll(env *smtpclient.Envelope) (err error) {
	if env.From, err = ASCII(env.From); err != nil {
		return err
	}
	env.To = slices.Clone(env.To)
	for i := range env.To {
		if env.To[i], err = ASCII(env.To[i]); err != nil {
			return err
		}
	}
	return nil
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}
