// Package table holds the protocol table as a model: what spec/states.yaml and
// the files of spec/extensions say, with the position of each word, before
// anything is decided about Go.
package table

// A Pos is a place in a YAML file. Line and Col count from 1.
type Pos struct {
	File      string
	Line, Col int
}

// A Name is a word of the table with its place.
type Name struct {
	Text string
	Pos  Pos
}

// A Cite is the authority of a row. RFC is in full form, such as
// "RFC 5321 §4.1.1.2"; a row of a user's own extension may name another
// document instead (`cite:`), which then stands in RFC as it is.
type Cite struct {
	RFC string
	Pos Pos
}

// Table is the base table with its extensions, in the order in which they were
// loaded. Definitions keep the order of their files.
type Table struct {
	Protocol   Name
	Start      Name
	Finish     Name
	States     []*State
	Facts      []*Fact
	Sets       []*Set
	Common     []*Row
	Late       []*Row
	Server     Server
	Commands   []*Command
	Params     []*Param
	Extensions []*Extension
}

// Extension is one file of an extension.
type Extension struct {
	Name    Name
	Cite    Cite
	About   string
	Keyword *Keyword // nil: not an EHLO keyword
	Base    bool     // one of the library's own; false: a user's
	File    string

	Requires []Name // extensions that have to be in the table too
	Forbids  []Name // extensions that may not be
}

// Keyword is what an extension says in the EHLO reply.
type Keyword struct {
	Name Name
	Type string // its name in Go; empty: made from the extension's name
	Role Name
	Args []*Arg
	// Limits are the names behind the keyword, by what they limit: transactions,
	// recipients, domains.
	Limits map[string]Name
	Asked  bool // a server offers it only where it is told to
	Cite   Cite
	Ext    *Extension
}

// State is one state.
type State struct {
	Name   Name
	Awaits string // command, reply, content, line, tls, nothing
	Home   bool
	To     Name   // awaits tls: the state behind the handshake
	Set    []Name // awaits tls: facts that the handshake sets
	About  string
	Cite   Cite
	Ext    *Extension // nil: the base table
}

// Fact is one fact.
type Fact struct {
	Name   Name
	Role   Name
	Scope  string // connection, session, transaction
	Fixed  bool
	Refuse int
	Only   []Name // commands that stay legal while it holds; with them those that answer a 3yz
	About  string
	Cite   Cite
	Ext    *Extension
}

// Set is a named set of states, with what extensions add to it (into).
type Set struct {
	Name   Name
	States []Name
	Ext    *Extension
}

// Command is one command, with what extensions add to it (extend).
type Command struct {
	Name     Name
	Verb     string // empty: arguments only, or no line at all
	Type     string // its name in Go; empty: made from Name
	Args     []*Arg
	Payload  string // "", dot, octets
	Role     Name
	In       []Name // states or sets
	UnlessIn []Name
	Needs    []Name // facts
	Forbids  []Name
	Group    string // anywhere, last, last-unless-final
	Assume   Name   // empty: the state of success
	Timeout  string // a Go duration
	Block    string
	Count    bool   // a reply for each recipient, if CountIf holds
	CountIf  []Name // facts
	Alone    bool
	countAt  Pos // where Count is said
	Replies  []*Row
	Late     []*Row
	Cite     Cite
	Ext      *Extension
	Extends  []*Extend // who added what is not in the definition
}

// Extend is the place where a file adds to a command of another.
type Extend struct {
	Ext  *Extension
	Cite Cite // of all but rows, which have their own
	Pos  Pos
}

// Arg is one argument of a command, or of an EHLO keyword.
type Arg struct {
	Name     Name  // the field in Go; empty for a literal and for params
	Value    Value // Kind "literal": Words[0]; Kind "params": the open list
	Optional bool
	Secret   bool
}

// Value is the grammar of an argument, of a keyword's parameter or of a
// parameter's value.
type Value struct {
	Kind      string // a word of argKinds, keywordKinds or paramKinds; literal, params
	Digits    int    // integer: how many at most
	Range     *Range // integer: nil for every number of so many digits
	Plus      bool   // integer: a plus sign may stand before it
	NoZeros   bool   // integer: no zeros may
	Choices   []*Choice
	Of        *Value  // list: of what
	Separator string  // list: what stands between; empty: a space, to the end of the line
	Elems     []*Elem // sequence: the parts in order; pairs: the names that there are
	Offered   bool    // pairs: those alone that the server names behind the keyword
	On        Name    // depends: the part that decides
	When      []*Elem // depends: the words of that part, each with its grammar
	Else      *Value  // depends: the grammar for all others
	Words     []string
	Pos       Pos
}

// Range is where an integer lies, both ends included.
type Range struct {
	Min int64
	Max uint64
}

// Elem is a part of a sequence, a NAME=value of pairs, or a case of depends.
type Elem struct {
	Name     Name // empty: fixed text
	After    string
	Value    Value
	Optional bool
	Pos      Pos
}

// Choice is one word of a choice; extensions add to it (extend, values).
type Choice struct {
	Word  Name
	Type  string // its name in Go; empty: made from the word
	Role  Name
	Alone bool   // in a list: stands there alone
	Set   []Name // facts
	Ext   *Extension
}

// Param is one parameter of commands.
type Param struct {
	Name   Name
	Type   string // its name in Go; empty: made from Name
	Role   Name
	Of     []Name // commands
	Value  Value
	Set    []Name // facts
	Needs  []Name // facts
	With   string // the extension without which it is passed over; empty: none
	Beside []Name // parameters that have to stand beside it
	Apart  []Name // parameters that may not
	Most   int    // octets of its value, as encoded; 0: any
	Within Name   // the argument of the keyword that it may not be above; empty: none
	Cite   Cite
	Ext    *Extension
}

// Row is one row of replies. Codes holds exact codes and classes ("4yz") as
// they stand.
type Row struct {
	Codes     []Name
	From      []Name // states or sets
	If        []Name // facts
	Like      Name   // a class: does what its row does, and more
	To        Name   // a state, "same", "home"; empty with Violation and Like
	Set       []Name
	Clear     []Name
	Do        []Name
	Violation bool
	Unlisted  bool
	Cite      Cite
	Pos       Pos
	Ext       *Extension // who added it; nil: the base table
}

// Server is what the server role says by itself.
type Server struct {
	Unknown, NotOffered, Arguments, Sequence, Parameter ServerReply
}

// ServerReply is one of its replies.
type ServerReply struct {
	Code     int
	Enhanced [3]int
	Text     string
	Cite     Cite
	Pos      Pos
}
