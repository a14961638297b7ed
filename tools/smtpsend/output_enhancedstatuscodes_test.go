package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

func TestOutputNamesRecipientAndReason(t *testing.T) {
	s, flags := startServer(t, nil)
	s.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "b@example.net"},
		smtptest.Answer{Code: 550, Enhanced: smtp.EnhancedCode{5, 1, 1}, Text: "No such\x1b[2J user"})
	run := &call{stdin: simple, args: append(flags, "-", "--rcpt=ann@example.net", "--rcpt=b@example.net")}
	want(t, exitPartly, run)
	if diff := cmp.Diff(""+
		"accepted          ann@example.net  250 2.0.0 Message taken\n"+
		"refused for good  b@example.net    550 5.1.1 No such\uFFFD[2J user (to RCPT)\n", run.stdout); diff != "" {
		t.Error(diff)
	}
	run = &call{stdin: simple, args: append(flags, "-", "-q", "--rcpt=ann@example.net", "--rcpt=b@example.net")}
	want(t, exitPartly, run)
	if run.stdout != "" || run.stderr == "" {
		t.Errorf("--quiet: standard output %q, standard error %q", run.stdout, run.stderr)
	}
}
