package conformance

import "slices"

const sequencing = "sequencing"

// areas are the chapters, in the order in which they run. One new case is one
// entry in the slice of its file.
func areas() []area {
	return []area{
		{"greeting", "A client decides by the greeting whether to go on at all, and with which server it talks.", greetingCases},
		{"hello", "All that follows rests on what EHLO agreed on, and on the form of replies: a client that misreads them loses or doubles mail.", helloCases},
		{"replies", "Clients parse replies by machine; one octet out of place and the wrong command is thought answered.", replyCases},
		{"commands", "A server that stumbles over an odd line loses step with its client, and mail goes to the wrong place.", commandCases},
		{"MAIL", "The reverse-path is where failures are reported to; a valid one refused is mail lost, a bad one taken is a report lost.", mailCases},
		{"RCPT", "Recipients are what mail is for: one refused by mistake gets none, one taken by mistake gets what is not his.", rcptCases},
		{"DATA", "Between 354 and the lone dot the server takes the responsibility for a message; what it loses or adds there nobody sees.", dataCases},
		{"trace", "Trace fields are what finds loops, forgeries and faults afterwards.", traceCases},
		{"end of data", "Where two servers disagree on where a message ends, a sender can smuggle in messages under foreign names.", slices.Concat(endCases, lineEndCases)},
		{"small commands", "Clients use RSET, NOOP, VRFY and HELP to find out where they stand: these have to change nothing else.", smallCases},
		{"closing", "What is done when a connection ends decides whether mail is lost or comes twice.", closingCases},
		{sequencing, "A server that takes a command at the wrong moment mixes up transactions.", sequenceCases()},
		{"limits", "A server that stops short of the minimums refuses mail that every sender may send.", limitCases},
		{"enhanced status codes", "Programs decide by enhanced codes whether to try again and what to tell the sender.", enhancedCases},
		{"PIPELINING", "With replies out of order or lost in the pipe, the wrong recipient is thought refused.", pipeliningCases},
		{"SIZE", "A wrong size limit costs a whole transfer, each time it is tried.", sizeCases},
		{"8BITMIME", "Octets above 127 that are lost can't be restored.", eightBitCases},
		{"CHUNKING", "A chunk whose octets are read as commands lets the content of a message drive the server.", chunkingCases},
		{"DSN", "Senders ask for reports to know whether mail came; what is asked wrongly has to be told at once.", dsnCases},
		{"SMTPUTF8", "An address cut or recoded on the way is another address.", utf8Cases},
		{"STARTTLS", "What was said before TLS may come from an attacker: nothing of it may count afterwards.", startTLSCases},
		{"AUTH", "AUTH decides who may send as whom.", slices.Concat(authCases, exchangeCases)},
		{"AUTH mechanisms", "A mechanism that is taken half way lets in whoever knows half of the secret.", mechanismCases},
		{"submission", "Submission is where mail enters: what is let in there bears the name of the site.", submissionCases},
		{"smaller extensions", "An extension that is offered and not done as its RFC says is worse than none.", extensionCases},
		{"LMTP", "In LMTP each recipient has an answer of his own; one too many or too few and they are mixed up.", lmtpCases},
		{"abuse", "Servers stand open to everybody; what a stranger can do to one must not harm others.", abuseCases},
	}
}
