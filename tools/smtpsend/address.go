package main

import (
	"errors"
	"net/mail"

	"github.com/tabellarius/tabellarius/smtp"
)

// mailbox is the address as the envelope has it: with the quotes that its local
// part may need, which net/mail takes away (RFC 5321 §4.1.2).
func mailbox(a *mail.Address) string {
	return bare((&mail.Address{Address: a.Address}).String())
}

// checkMailbox checks an address that will stand in a RCPT command.
func checkMailbox(flag, mailbox string) error {
	return checkCommand(flag, mailbox, &smtp.Rcpt{To: mailbox})
}

// checkSender checks an address that will stand in a MAIL command; empty is the
// null reverse-path.
func checkSender(flag, mailbox string) error {
	return checkCommand(flag, mailbox, &smtp.Mail{From: mailbox})
}

// checkCommand asks the protocol itself, so that what is refused here is what
// the session would refuse later.
func checkCommand(flag, mailbox string, c smtp.Command) error {
	_, err := smtp.AppendCommand(nil, smtp.Table, c)
	if err == nil {
		return nil
	}
	return usageError("%s: %q: %s", flag, mailbox, reason(err))
}

// reason is what was expected and what came, without saying where.
func reason(err error) string {
	if bad := new(smtp.ArgumentError); errors.As(err, &bad) {
		return bad.Reason
	}
	return err.Error()
}
