// Package client plays a server, often a hostile one, to a mail client, and says
// requirement by requirement what the client got right.
//
//	report, err := client.Run(ctx, client.Config{Driver: client.Command("python3", "driver.py")})
//	report.WriteText(os.Stdout)
//
// The zero [Config] judges this module's own client. The report is that of package
// conformance: text, JSON, JUnit XML, HTML. The program smtpconform has the same
// suite, as smtpconform client. docs/clients.md has the protocol of a [Driver].
//
// # A case
//
// A [Case] is one entry in one file. Its Run lets the client do one or more jobs
// and complains:
//
//	{ID: "env-rcpt-mix", Level: Must, RFC: "5321 §4.2.1", Title: …, Script: …, Right: …,
//		Run: func(t *T) {
//			s := t.Play(On("RCPT b", "450 later"), On("RCPT c", "550 no"))
//			s.Outcome("accepted not-sent", "temporary", "permanent")
//		}},
//
// The base script greets with 220, offers nothing but what [Offer] names, takes
// everything and closes on QUIT; the base job sends a message of some lines from
// from@client.test to a, b and c@mx.test, without TLS. [Option] values change both:
//
//   - the server: [On] (whatever it says or does, at which command), [Func], [Each],
//     [Offer], [OfferTLS], [ByOctet], [SplitAt], [Together], [Certified], [TLSConfig], [Rate],
//     [SmallBuffers], [OutOfStep], [NoListener], [NoSTARTTLS], [PlainPort], [IPv6], [Stay];
//   - the job: [From], [To], [Text], [Size], [Count], [Timeout], [TLS], [LMTP],
//     [Login], and [With] for any other field of [Job].
//
// STARTTLS is offered where the job wants it, AUTH where [Login] names mechanisms;
// the exchanges are those of package auth unless a rule answers "AUTH" or
// "response". What a job needs and the client can't do skips the case.
//
// [T.Play] gives what was [Seen]: the command lines with the time of their first
// octet, the transactions with their content as it came, the connections, and the
// client's [Answer]. Its methods complain: [Seen.Outcome], [Seen.Never],
// [Seen.Some], [Seen.Order], [Seen.InTime], [Seen.LockStep], [Seen.NoContent],
// [Seen.Content], [Seen.Bare] and others; for all else there are [T.Complainf]
// (the level says how bad it is), [T.Harmf] (fails a Robust case too), [T.Failf],
// [T.Warnf], [T.Recordf], [T.Errorf] and [T.Skipf].
//
// # What is judged in every case
//
//  1. accepted is reported for nobody without a complete 2yz for the end of data;
//  2. once that 2yz was delivered, nothing but accepted is reported;
//  3. each line is a command of SMTP, ends in CRLF, and has no other CR, LF or NUL;
//  4. no content goes out without a 354, or behind BDAT;
//  5. no password or token goes over a connection without TLS, nor into what the
//     client says;
//  6. the client answers before the deadline, without a crash, and with less than
//     256 MiB of memory;
//  7. its connections are closed when it ends.
//
// Times in scripts are those of Pace 1; a smaller Config.Pace shortens them all.
package client
