package main

import (
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// A cli is the command line. Its field comments are the help texts.
type cli struct {
	Run     runFlags     `cmd:"" help:"Run the suite against a server; without an address against one in this process."`
	Client  clientFlags  `cmd:"" help:"Play a server, often a hostile one, to a mail client, and say what the client got right."`
	List    listFlags    `cmd:"" help:"List the cases, or the requirements that have none."`
	Explain explainFlags `cmd:"" help:"Explain a case: the requirement, why it matters, what is sent and expected."`
	New     newFlags     `cmd:"" help:"Print what a new case begins with, and say where it goes."`
	Diff    diffFlags    `cmd:"" help:"Compare two reports in JSON."`
	Report  reportFlags  `cmd:"" help:"Write a report in JSON in another form."`
	Matrix  matrixFlags  `cmd:"" help:"Put reports in JSON side by side, one page for all."`
}

type selectFlags struct {
	ID    []string `group:"selection" name:"id" placeholder:"ID,..." help:"Only these cases; a * at the end stands for any end: eod-*."`
	Skip  []string `group:"selection" placeholder:"ID,..." help:"All but these."`
	RFC   []string `group:"selection" name:"rfc" placeholder:"RFC,..." help:"Only cases of these RFCs or sections: 5321, \"5321 §4.1.1.4\"."`
	Level []string `group:"selection" placeholder:"LEVEL,..." help:"Only cases of these levels: must, should, may; must stands for must not too."`
	Area  []string `group:"selection" placeholder:"AREA,..." help:"Only these areas: see smtpconform list --areas."`
}

type outFlags struct {
	JSON  string `group:"report" name:"json" placeholder:"FILE" help:"Write the report as JSON; - is standard output."`
	JUnit string `group:"report" name:"junit" placeholder:"FILE" help:"Write it as JUnit XML."`
	HTML  string `group:"report" name:"html" placeholder:"FILE" help:"Write it as one HTML page that needs nothing else."`
	All   bool   `group:"report" help:"On the terminal, show what passed or was skipped too."`
	Log   bool   `group:"report" short:"v" help:"On the terminal, show the conversation of what did not pass."`
	Quiet bool   `group:"report" short:"q" help:"On the terminal, show only the counts."`
}

type runFlags struct {
	Address string `arg:"" optional:"" help:"HOST:PORT, or the path of a Unix socket."`

	To      []string `group:"mail" sep:"none" placeholder:"ADDRESS" help:"A recipient who exists there and may get mail; nobody else gets any. Without one, cases that send mail are skipped."`
	From    string   `group:"mail" placeholder:"ADDRESS" help:"Reverse-path of the messages. Default: sender@client.example."`
	Mailbox string   `group:"mail" placeholder:"FOLDER" help:"Where the recipient's mail arrives: a maildir, or a folder with a file a message."`
	DryRun  bool     `group:"mail" help:"Connect to nobody: play the suite against the server in this process, and list what would be sent to yours."`
	Slow    bool     `group:"mail" help:"Run the cases that take minutes too."`
	MaxMail int      `group:"mail" default:"1000" placeholder:"N" help:"Let the server accept at most so many messages."`
	MaxConn int      `group:"mail" default:"10000" placeholder:"N" help:"Open at most so many connections."`

	TLS         string        `group:"connection" default:"auto" enum:"auto,off,implicit" help:"auto: plain, and STARTTLS where it is offered. off: plain alone, but in cases about STARTTLS. implicit: HOST:PORT is a port of implicit TLS."`
	ImplicitTLS string        `group:"connection" placeholder:"HOST:PORT" help:"A second port of the same server, with implicit TLS."`
	LMTP        bool          `group:"connection" name:"lmtp" help:"The server speaks LMTP (RFC 2033)."`
	Submission  bool          `group:"connection" help:"It is a submission server (RFC 6409)."`
	Public      bool          `group:"connection" help:"It is a public mail exchanger, and we are strangers to it."`
	Helo        string        `group:"connection" placeholder:"NAME" help:"Name that this client gives itself in EHLO."`
	CA          string        `group:"connection" name:"ca" placeholder:"FILE" help:"Check certificates against those in this PEM file. Default: none is checked, but in the case about it."`
	ServerName  string        `group:"connection" placeholder:"NAME" help:"Name that the certificate must be for. Default: HOST."`
	Parallel    int           `group:"connection" default:"4" placeholder:"N" help:"So many cases at a time."`
	Pause       time.Duration `group:"connection" placeholder:"TIME" help:"Wait before each connection, such as 200ms."`
	Timeout     time.Duration `group:"connection" default:"10s" placeholder:"TIME" help:"Wait so long for a reply."`

	Auth         string `group:"login" placeholder:"USER" help:"An account to log in with."`
	PasswordEnv  string `group:"login" xor:"password" placeholder:"VARIABLE" help:"Take its password from this environment variable."`
	PasswordFile string `group:"login" xor:"password" placeholder:"FILE" help:"Take it from the first line of this file."`
	AuthInClear  bool   `group:"login" help:"Log in without TLS too: everybody on the way can read the password."`

	selectFlags
	outFlags
	Name   string `group:"report" placeholder:"TEXT" help:"What the report calls the server. Default: its address."`
	Expect string `group:"report" placeholder:"FILE" help:"Known deviations: a line each, the id, then the reason."`
	Strict bool   `group:"report" help:"Take a warning that --expect does not name for a failure."`
}

type listFlags struct {
	Client   bool `help:"Those about clients."`
	Coverage bool `help:"Say for each RFC how many of the known requirements have a case, and list the others with the reason."`
	Areas    bool `help:"List the areas with the number of their cases."`
	JSON     bool `name:"json" help:"As JSON."`
	selectFlags
}

type explainFlags struct {
	ID string `arg:"" help:"Id of a case."`
}

type diffFlags struct {
	Before string `arg:"" help:"The earlier report."`
	Now    string `arg:"" help:"The later report."`
}

type reportFlags struct {
	File string `arg:"" help:"A report that run --json wrote."`
	outFlags
}

type matrixFlags struct {
	Files    []string `arg:"" name:"file" help:"Reports that run --json wrote, a column each."`
	HTML     string   `name:"html" placeholder:"FILE" help:"Write one HTML page that needs nothing else; - is standard output."`
	Markdown string   `name:"markdown" placeholder:"FILE" help:"Write tables in Markdown, without what changes from run to run. The default, to standard output."`
	Title    string   `default:"Servers side by side" placeholder:"TEXT" help:"Title of the page."`
}

// Help is what stands below the flags.
func (cli) Help() string {
	return `Examples:
  See it at work, without a server and without a network:
    smtpconform run --html report.html

  Ask a server that you run; mail goes to the address named, and to nobody else:
    smtpconform run mx.example.org:25 --to tester@example.org

  Look into the mailbox too, with an account, and keep the result:
    smtpconform run localhost:2525 --to tester@example.org --mailbox ~tester/Maildir \
      --auth tester --password-file pass --json now.json
    smtpconform diff before.json now.json

  Judge a client, by a program that puts it to work, or this module's own:
    smtpconform client --html client.html -- python3 driver.py
    smtpconform client

` + exitCodes
}

var groups = []kong.Group{
	{Key: "mail", Title: "Mail:"},
	{Key: "client", Title: "Client:"},
	{Key: "connection", Title: "Connection:"},
	{Key: "login", Title: "Login:"},
	{Key: "selection", Title: "Selection:"},
	{Key: "report", Title: "Report:"},
}

// parse reads the command line and gives the command in kong's form. Nil without
// an error means that the help was asked for and given.
func parse(args []string, stdout, stderr io.Writer) (*cli, string, error) {
	var c cli
	helped := false
	parser, err := kong.New(&c,
		kong.Name("smtpconform"),
		kong.Description("Asks a mail server or a mail client, requirement by requirement, where it leaves the RFCs."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.ExplicitGroups(groups),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return nil, "", err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	context, err := parser.Parse(args)
	switch {
	case helped:
		return nil, "", nil
	case err != nil:
		return nil, "", usageError("%s", strings.TrimSpace(err.Error()))
	}
	return &c, context.Command(), nil
}
