package smtp

import (
	"fmt"
	"time"
)

// TableVersion is the version of the table form that this library reads.
// Generated code carries the version of the smtpgen that wrote it, and
// [Compile] refuses any other.
const TableVersion = 1

// A State is where a session stands: the number of a row of [Protocol].States.
// The states of the base table keep their numbers in every table.
type State uint8

// A Fact is something true or false beside the state: the number of a row of
// [Protocol].Facts, at most 63.
type Fact uint8

// Facts is a set of [Fact] values, one bit each.
type Facts uint64

// Has reports whether f is in the set.
func (fs Facts) Has(f Fact) bool { return fs&(1<<f) != 0 }

// States is a set of [State] values, one bit each.
type States uint64

// Has reports whether s is in the set.
func (ss States) Has(s State) bool { return ss&(1<<s) != 0 }

// An Op names a command: the number of a row of [Protocol].Commands. The zero
// Op is no command.
type Op uint8

// A Keyword names an EHLO keyword that the table knows: the number of a row of
// [Protocol].Keywords. The zero Keyword is none.
type Keyword uint8

// A Param names a parameter of MAIL, RCPT or another command: the number of a
// row of [Protocol].Params. The zero Param is none.
type Param uint8

// Await is what a state waits for.
type Await uint8

const (
	AwaitCommand Await = iota // the client's next command
	AwaitReply                // a reply to a command that has no octets: the greeting
	AwaitContent              // the message behind a 354
	AwaitLine                 // a bare line, the answer to a 334
	AwaitTLS                  // the TLS handshake
	AwaitNothing              // the session is over
)

// Payload is what follows a command's line.
type Payload uint8

const (
	PayloadNone   Payload = iota
	PayloadDot            // lines with their dots doubled, ended by a lone dot (RFC 5321 §4.5.2)
	PayloadOctets         // as many octets as the command's size argument says (RFC 3030 §2)
)

// Group says what may follow a command before its reply is there (RFC 2920 §3.1).
type Group uint8

const (
	GroupAnywhere        Group = iota
	GroupLast                  // nothing
	GroupLastUnlessFinal       // nothing, unless the caller knows that one reply ends it (RFC 4954 §4)
)

// A Role is what a command, keyword, parameter, value or fact does for the
// engine and the driver, which look for roles and never for names: a table may
// lack any extension, and may bring another command for the same role.
type Role uint8

const (
	RoleNone Role = iota
	RoleGreeting
	RoleHello
	RoleHelo
	RoleSender
	RoleRecipient
	RoleData
	RoleContent
	RoleVoid
	RoleReset
	RoleNoop
	RoleQuit
	RoleChunk
	RoleLastChunk
	RoleURL
	RoleURLLast
	RoleStartTLS
	RoleAuth
	RoleAuthLine
	RoleAuthCancel
	RoleTLS         // fact
	RoleClosing     // fact
	RoleLMTP        // fact
	RoleUTF8        // fact and parameter
	RoleSize        // parameter and keyword
	RoleBody        // parameter
	Role7Bit        // value of the body parameter
	Role8Bit        // value of the body parameter
	RoleBinary      // value of the body parameter
	RolePipelining  // keyword
	RoleEnhanced    // keyword
	RoleTransaction // parameter
	RoleEarly       // keyword
	numRoles
)

var roleNames = [numRoles]string{
	"none", "greeting", "hello", "helo", "sender", "recipient", "data", "content", "void", "reset", "noop", "quit",
	"chunk", "last-chunk", "url", "url-last", "starttls", "auth", "auth-line", "auth-cancel", "tls", "closing", "lmtp",
	"utf8", "size", "body", "7bit", "8bit", "binary", "pipelining", "enhanced", "transaction",
	"early",
}

// String gives the role's word in the table.
func (r Role) String() string {
	if r >= numRoles {
		return "unknown"
	}
	return roleNames[r]
}

// Effects is a set of what a reply does beyond moving the state.
type Effects uint16

const (
	EffectLearnExtensions   Effects = 1 << iota // read the EHLO reply
	EffectForgetExtensions                      // as after HELO: nothing is offered
	EffectForgetSession                         // as before the EHLO: extensions and facts of scope session go (RFC 3207 §4.2)
	EffectOpenTransaction                       // a mail transaction begins
	EffectCloseTransaction                      // it is over: facts of scope transaction go
	EffectCountRecipient                        // one recipient more
	EffectSendVoid                              // an empty end of data goes out (RFC 2920 §3.1)
	EffectTooManyRecipients                     // a 552 that may mean "for now" (RFC 5321 §4.5.3.1.10)
	EffectTakeUp                                // a transaction of an earlier session goes on (RFC 1845 §3)
)

// Target is the state that a reply leads to: a State, or one of the two below.
type Target uint8

const (
	TargetSame Target = 254 // stay
	TargetHome Target = 255 // the home state last entered
)

// Scope says what ends a fact.
type Scope uint8

const (
	ScopeConnection  Scope = iota // nothing but the end of the connection
	ScopeSession                  // EffectForgetSession
	ScopeTransaction              // EffectCloseTransaction
)

// StateInfo is one state of a table.
type StateInfo struct {
	Name   string
	RFC    string // where it is defined
	Awaits Await
	Home   bool  // entering it makes it the target of TargetHome
	Then   State // AwaitTLS: the state behind the handshake
	Set    Facts // AwaitTLS: the facts that the handshake sets
}

// FactInfo is one fact of a table.
type FactInfo struct {
	Name   string
	RFC    string
	Role   Role
	Scope  Scope
	Fixed  bool // chosen when the session starts
	Refuse int  // the code by which a server refuses a command that needs it; 0: the sequence code
}

// CommandInfo is one command of a table.
type CommandInfo struct {
	Name    string // as in the table, such as "BDAT-LAST"
	Verb    string // as on the wire, such as "BDAT" or "MAIL FROM:"; empty: the line has arguments only, or there is none
	Tail    string // literal words that end the line, such as "LAST"
	RFC     string
	Role    Role
	Line    bool // the command is a line; CONTENT and GREETING are not
	Secret  bool // an argument is secret: traces mask it
	Payload Payload
	Group   Group
	In      States  // where it is legal
	Needs   Facts   // all must be true
	Forbids Facts   // none may be true
	Keyword Keyword // must be offered; 0: none
	Assume  Target  // the state assumed behind it until its reply; TargetSame: the state of success
	Count   Facts   // if all are true and Counted: a reply for each recipient
	Counted bool
	Alone   bool          // with Counted and Count: waits until nothing is outstanding
	Timeout time.Duration // for its reply
	Block   time.Duration // for each piece of its payload that is written
	Replies []Row         // in order of precedence
	Late    []Row         // likewise, where the confirmed state is not in In
	// Check parses the arguments and throws them away; a.Err says what was wrong.
	Check func(a *Args)
}

// A Row is what one reply, or one class of replies, means.
type Row struct {
	Min, Max uint16 // codes, both included
	From     States // empty: any state
	If       Facts  // all must be true
	To       Target
	Set      Facts
	Clear    Facts
	Do       Effects
	// Violation: the peer may not say this here.
	Violation bool
	// Unlisted: clients take it (RFC 5321 §4.2.1), servers of this library never say it.
	Unlisted bool
	RFC      string
}

// KeywordInfo is one EHLO keyword of a table.
type KeywordInfo struct {
	Name      string // as on the wire, upper case
	Extension string // the extension that brings it
	RFC       string
	Role      Role
	// Asked: a server offers it only where it is told to, since it promises what
	// a server does not do by itself.
	Asked bool
	// Check parses what stands behind the keyword.
	Check func(a *Args)
	// Limits, if not nil, reads what stands behind it as what a client may do.
	Limits func(a *Args) Allowance
}

// ParamInfo is one parameter of a command.
type ParamInfo struct {
	Name    string // as on the wire, upper case
	RFC     string
	Role    Role
	Of      []Op
	Keyword Keyword // must be offered; 0: none
	Needs   Facts
	Set     Facts   // facts that the parameter's command sets when it succeeds
	Beside  []Param // all must stand beside it
	Apart   []Param // none may
	Most    int     // octets of its value, as encoded; 0: any
	// Value says whether a value follows, "NAME=value".
	Value bool
	// Check parses the value.
	Check func(value []byte) error
	// Within reports whether the value is not above what the server says behind the
	// keyword, which is in offer; nil: the keyword bounds nothing.
	Within func(offer *Args, value []byte) bool
	// Values are the words of a choice, each perhaps of another extension.
	Values []ValueInfo
}

// ValueInfo is one word of a parameter whose value is a choice.
type ValueInfo struct {
	Word    string
	Role    Role
	Keyword Keyword // must be offered; 0: none
	Set     Facts   // facts that the parameter's command sets when it succeeds
}

// ServerReply is what the server role says by itself.
type ServerReply struct {
	Code     int
	Enhanced EnhancedCode
	Text     string
}

// A Protocol is a compiled table: what smtpgen makes of spec/states.yaml and
// the extension files. It is never changed after [Compile], so any number of
// sessions and goroutines may share one.
type Protocol struct {
	Version  int
	Name     string
	Base     *Protocol // the table whose definitions are the first of this one's, with the same numbers; nil: none
	Start    State     // where a session starts
	Finish   State     // where it ends
	States   []StateInfo
	Facts    []FactInfo
	Commands []CommandInfo // [0] is empty
	Keywords []KeywordInfo // [0] is empty
	Params   []ParamInfo   // [0] is empty

	// What the server role says by itself, in the order of its checks.
	Unknown, NotOffered, Arguments, Sequence, Parameter ServerReply

	index *index
}

// Compile makes the lookup arrays of a generated table and returns it. It
// panics if the table was written by an smtpgen of another version, or for
// another Base than it has now: its numbers would mean other things.
// Generated code calls it once, while its package is initialised.
func Compile(p Protocol) *Protocol {
	if p.Version != TableVersion {
		panic(fmt.Sprintf("smtp: the table %s has form %d, this library reads form %d: run smtpgen generate again", p.Name, p.Version, TableVersion))
	}
	if p.Base != nil {
		if what := p.Base.unlike(&p); what != "" {
			panic(fmt.Sprintf("smtp: the table %s was written for another table of the library, which has %s: run smtpgen generate again", p.Name, what))
		}
	}
	p.index = newIndex(&p)
	return &p
}

// unlike names the first definition of p that is not in the same place in a
// table that extends it, empty if there is none.
func (p *Protocol) unlike(by *Protocol) string {
	list := func(kind string, n, m int, name, other func(int) string) string {
		for i := range n {
			if i >= m || name(i) != other(i) {
				return "the " + kind + " " + name(i) + " in its place"
			}
		}
		return ""
	}
	for _, what := range []string{
		list("state", len(p.States), len(by.States), func(i int) string { return p.States[i].Name }, func(i int) string { return by.States[i].Name }),
		list("fact", len(p.Facts), len(by.Facts), func(i int) string { return p.Facts[i].Name }, func(i int) string { return by.Facts[i].Name }),
		list("command", len(p.Commands), len(by.Commands), func(i int) string { return p.Commands[i].Name }, func(i int) string { return by.Commands[i].Name }),
		list("keyword", len(p.Keywords), len(by.Keywords), func(i int) string { return p.Keywords[i].Name }, func(i int) string { return by.Keywords[i].Name }),
		list("parameter", len(p.Params), len(by.Params), func(i int) string { return p.Params[i].Name }, func(i int) string { return by.Params[i].Name }),
	} {
		if what != "" {
			return what
		}
	}
	return ""
}
