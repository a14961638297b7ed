package main

import (
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// A cli is the command line. Its field comments are the help texts.
type cli struct {
	Server  string `arg:"" optional:"" help:"Where to send: HOST or HOST:PORT, or the path of a Unix socket. The port is 587 if not given (465 with --tls=implicit, 24 with --lmtp)."`
	Message string `arg:"" optional:"" help:"File with the message, header and body; - is standard input."`

	Demo bool `help:"Needs no server: start one in this process, with TLS and AUTH, send it a message, and show the conversation beside the state that each line leads to."`

	From    string   `group:"message" placeholder:"ADDRESS" help:"Author: tim@example.org or \"Tim <tim@example.org>\"."`
	To      []string `group:"message" sep:"none" placeholder:"ADDRESS" help:"Recipient. Again for each further one."`
	Cc      []string `group:"message" sep:"none" placeholder:"ADDRESS" help:"Recipient of a copy."`
	Bcc     []string `group:"message" sep:"none" placeholder:"ADDRESS" help:"Recipient of a copy that the message does not name."`
	Subject string   `group:"message" placeholder:"TEXT" help:"Subject."`
	Body    string   `group:"message" placeholder:"TEXT" help:"Text of the message; - reads it from standard input."`
	Attach  []string `group:"message" sep:"none" placeholder:"FILE" help:"Attach a file. Again for each further one."`
	Header  []string `group:"message" sep:"none" placeholder:"NAME:VALUE" help:"Add a header field. Again for each further one."`

	MailFrom *string  `group:"envelope" placeholder:"ADDRESS" help:"Reverse-path (RFC 5321); <> for none. Default: the address of --from, else what the message's header says."`
	Rcpt     []string `group:"envelope" sep:"none" placeholder:"ADDRESS" help:"Recipient, instead of those of --to, --cc and --bcc or the message's header. Again for each further one."`

	TLS        string        `group:"connection" default:"required" enum:"required,opportunistic,off,implicit" help:"required: TLS or no message (from the first octet on port 465, else STARTTLS). implicit: from the first octet on any port. opportunistic: where it is offered. off: never."`
	CA         string        `group:"connection" name:"ca" placeholder:"FILE" help:"Trust the certificates in this PEM file and no others."`
	ServerName string        `group:"connection" placeholder:"NAME" help:"Name that the certificate must be for. Default: HOST."`
	Helo       string        `group:"connection" placeholder:"NAME" help:"Name that this client gives itself in EHLO."`
	LMTP       bool          `group:"connection" name:"lmtp" help:"Speak LMTP (RFC 2033)."`
	Data       bool          `group:"connection" help:"Send the message with DATA even where the server offers CHUNKING."`
	Timeout    time.Duration `group:"connection" placeholder:"TIME" help:"Give up after this long in all, such as 90s or 5m. Default: only the limits of RFC 5321 for each step."`

	User         string   `group:"login" placeholder:"NAME" help:"Log in as this user."`
	Auth         []string `group:"login" placeholder:"MECHANISM,..." help:"Mechanisms, the first that the server offers and the connection allows: plain, login, cram-md5, scram-sha-1, scram-sha-256, scram-sha-512, each scram also with -plus, xoauth2, oauthbearer, external, anonymous. Default: the strongest that there is what it takes for."`
	Authzid      string   `group:"login" placeholder:"NAME" help:"Act as somebody else, with plain, scram or external."`
	PasswordEnv  string   `group:"login" xor:"password" placeholder:"VARIABLE" help:"Take the password from this environment variable."`
	PasswordFile string   `group:"login" xor:"password" placeholder:"FILE" help:"Take the password from the first line of this file. Without either it is asked for on the terminal. It can't be given on the command line, where others on the machine could read it."`
	TokenCommand string   `group:"login" placeholder:"COMMAND" help:"Run this by sh for an OAuth 2.0 access token, the first line that it prints; again if the server refuses it."`
	Cert         string   `group:"login" placeholder:"FILE" help:"Show this certificate, in PEM form, in the TLS handshake; by external it is the login."`
	Key          string   `group:"login" placeholder:"FILE" help:"The certificate's key, in PEM form."`
	AuthInClear  bool     `group:"login" help:"Log in without TLS too: everybody on the way can read the password."`

	Transcript bool `group:"output" short:"v" help:"Show the conversation on standard error, secrets masked."`
	JSON       bool `group:"output" name:"json" help:"Print the result as one line of JSON."`
	Quiet      bool `group:"output" short:"q" help:"Print nothing but errors."`
}

// Help is what stands below the flags.
func (cli) Help() string {
	return `Examples:
  Send a file to whom its header names, as a user of your provider:
    smtpsend mail.example.org --user tim message.eml

  Write a message on the spot, with an attachment:
    smtpsend mail.example.org --user tim --password-file ~/.mailpass \
      --from tim@example.org --to ann@example.net --subject Report \
      --body "Here it is." --attach report.pdf

  By Gmail or Office 365, with a token from a program of yours:
    smtpsend smtp.gmail.com --user tim@example.org --token-command 'mytoken tim' message.eml

  Hand a message to a server on this machine, and watch:
    printf 'Subject: hi\n\nhello\n' |
      smtpsend localhost:25 - --tls off --mail-from tim@example.org --rcpt ann@example.net -v

  In a script, by exit code:
    smtpsend mx.example.net:25 message.eml --json ||
      case $? in 4|6) echo "later" ;; 8) echo "look first" ;; *) echo "give up" ;; esac

` + exitCodes
}

var groups = []kong.Group{
	{Key: "message", Title: "Write the message here:"},
	{Key: "envelope", Title: "Envelope, where it differs from the message:"},
	{Key: "connection", Title: "Connection:"},
	{Key: "login", Title: "Login:"},
	{Key: "output", Title: "Output:"},
}

// parse reads the command line. Nil without an error means that the help was
// asked for and given.
func parse(args []string, stdout, stderr io.Writer) (*cli, error) {
	var c cli
	helped := false
	parser, err := kong.New(&c,
		kong.Name("smtpsend"),
		kong.Description("Sends a message through a mail server, or says for each recipient why not."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.ExplicitGroups(groups),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return nil, err
	}
	_, err = parser.Parse(args)
	switch {
	case helped:
		_, err := io.WriteString(stdout, "\n")
		return nil, err
	case err != nil:
		return nil, usageError("%s", strings.TrimSpace(err.Error()))
	}
	return &c, c.check()
}

// check refuses flags that do not go together.
func (c *cli) check() error {
	if c.Demo {
		if c.Server != "" || c.Message != "" {
			return usageError("--demo brings its own server and message")
		}
		return nil
	}
	built := c.builtFlags()
	switch {
	case c.Server == "":
		return usageError("expected a server, such as mail.example.org; see smtpsend --help, or try smtpsend --demo")
	case c.Message != "" && len(built) > 0:
		return usageError("%s builds a message, and %s is one: give one of the two", built[0], c.Message)
	case c.Message == "" && len(built) == 0:
		return usageError("expected a message: a file, - for standard input, or flags such as --subject and --body")
	case c.Message == "" && c.From == "":
		return usageError("expected --from for the message")
	case c.Timeout < 0:
		return usageError("--timeout: expected a positive time, got %v", c.Timeout)
	case c.TLS == "off" && (c.CA != "" || c.ServerName != ""):
		return usageError("--ca and --server-name check a certificate, and --tls=off asks for none")
	}
	return c.checkLogin()
}

// builtFlags are those given that only make sense for a message built here.
func (c *cli) builtFlags() (flags []string) {
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"--subject", c.Subject != ""}, {"--body", c.Body != ""}, {"--attach", len(c.Attach) > 0}, {"--header", len(c.Header) > 0},
	} {
		if f.given {
			flags = append(flags, f.name)
		}
	}
	return flags
}
