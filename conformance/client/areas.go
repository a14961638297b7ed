package client

import "slices"

// An area is a chapter of the suite.
type area struct {
	name  string
	why   string
	cases []Case
}

// areas are the chapters, in the order in which they run. One new case is one
// entry in the slice of its file.
func areas() []area {
	return []area{
		{"greeting", "A client that goes on with a server which does not greet talks to something else, or is thrown out.", cases01},
		{"EHLO and HELO", "All that follows rests on what EHLO agreed on; a client that assumes more sends what the server does not take.", cases02},
		{"reading replies", "A client that misreads a reply takes one command's answer for another's, and loses mail or reports what is not so.", slices.Concat(cases03, cases03b)},
		{"EHLO keywords", "A keyword that is misread is an extension used with a server that does not know it, or one left unused: TLS, say.", cases04},
		{"MAIL and RCPT", "The envelope decides who gets mail and who is told of failures; an outcome that is given to the wrong recipient loses mail.", slices.Concat(cases05, cases05b)},
		{"DATA and content", "What a client adds to a message, loses from it or sends too early, nobody can mend.", slices.Concat(cases06, cases06b)},
		{"smuggling", "A sequence that one server takes for the end of data and another does not lets a message carry a second one, under a foreign name.", cases07},
		{"end of data", "The reply to the end of data hands the message over: a client that takes it wrongly loses mail or sends it twice.", cases08},
		{"QUIT and closing", "A connection that is not ended in order is a failure in the server's log, and may look to it like a message that came to nothing.", cases09},
		{"421 anywhere", "A server that goes down says so with a 421 at any moment; nothing of it may be lost, nor held for a final refusal.", cases10},
		{"time", "Without timeouts a client hangs for ever; with short ones it gives up what would have worked, and sends it twice.", cases11},
		{"PIPELINING", "Replies in a pipeline are matched by counting: one off, and the wrong recipient is thought refused, or content goes to nobody.", slices.Concat(cases12, cases12b)},
		{"SIZE", "A size that is declared wrongly, or a limit that is misread, costs a whole transfer each time it is tried.", cases13},
		{"8BITMIME and SMTPUTF8", "Octets above 127 that go where they are not taken are lost or changed, and an address cut or recoded is another address.", cases14},
		{"CHUNKING and BINARYMIME", "With BDAT the octets are counted: one off, and content is read as commands, or commands as content.", cases15},
		{"DSN and other parameters", "A parameter that the server does not know makes it refuse the message; one with a wrong value asks for what nobody wanted.", cases16},
		{"STARTTLS and TLS", "What was said before TLS may come from an attacker; a client that lets any of it count, or goes on without TLS, shows him mail and passwords.", slices.Concat(cases17, cases17b)},
		{"AUTH", "A login that is done wrongly shows the password to whoever asks, or believes a server that is none.", slices.Concat(cases18, cases18b)},
		{"what the caller passes", "Addresses come from forms and from strangers: what is not refused or quoted becomes commands.", cases19},
		{"LMTP", "In LMTP each recipient has an answer of his own; one too many or too few and they are mixed up.", cases20},
		{"REQUIRETLS and LIMITS", "A message that has to go under TLS all the way must not go otherwise, and a limit that is announced saves a refusal.", cases21},
		{"resources", "A server that never ends must not take the client's memory, its connections or its time.", cases22},
	}
}
