// Package plan decides what the generated code says before any of it is
// printed: numbers, names in Go, the order of the rows of each command, and
// masks of states and facts. Package print only writes down what stands here.
package plan

import (
	"time"

	"github.com/tabellarius/tabellarius/gen/table"
)

// Version is the form of the table that the generated code carries; package
// smtp has the same number as its TableVersion and refuses any other.
const Version = 1

// A Mask is a set of states, or of facts, one bit for each number.
type Mask uint64

// Has reports whether the number n is in the mask.
func (m Mask) Has(n int) bool { return m&(1<<n) != 0 }

// Plan is a table with all decisions made. States and facts are numbered from
// 0, commands, keywords and parameters from 1: Commands[0] has number 1.
type Plan struct {
	Name          string // the protocol's
	Start, Finish *State
	States        []*State
	Facts         []*Fact
	Commands      []*Command
	Keywords      []*Keyword
	Params        []*Param
	Server        []*ServerReply
	Table         *table.Table
}

// A Def is what all numbered definitions have in common.
type Def struct {
	Num  int
	Name string // as in the table
	Go   string // its name in Go, without the prefix of its constants
	Own  bool   // defined by the package that is generated; false: by package smtp
	Ext  string // the extension that brings it; empty: the base table
	RFC  string
	Role string // the Go name of the role; empty: none
}

// State is one state.
type State struct {
	Def
	Awaits string // as in the table
	Home   bool
	Then   *State // awaits tls: the state behind the handshake
	Set    Mask   // awaits tls: facts that the handshake sets
	About  string
}

// Fact is one fact.
type Fact struct {
	Def
	Scope  string // as in the table
	Fixed  bool
	Refuse int
	Only   []*Command // that stay legal while it holds; nil: it forbids nothing by itself
	About  string
}

// Keyword is one EHLO keyword.
type Keyword struct {
	Def
	Args   []*Arg
	Limits []Limit
	Asked  bool
	About  string
}

// Limit is a name behind a keyword that limits what a client may do.
type Limit struct {
	Of    string // the field of smtp.Allowance
	Field string // of the keyword's value
}

// Command is one command.
type Command struct {
	Def
	Verb    string
	Tail    string // literal words that end the line
	Line    bool   // false: CONTENT and its like, which have no line
	Secret  bool
	Args    []*Arg
	Payload string // as in the table
	Group   string // as in the table
	In      Mask
	Needs   Mask
	Forbids Mask
	Keyword *Keyword
	Assume  Target
	Counted bool
	Count   Mask
	Alone   bool
	Timeout time.Duration
	Block   time.Duration
	Replies []*Row // in order of precedence
	Late    []*Row
	// NeverLate: all rows stay, so a reply means the same wherever it comes.
	NeverLate bool
}

// Arg is one argument of a command or of a keyword.
type Arg struct {
	Kind     string // as in the table; of a list, the kind of its members
	List     bool
	Name     string // as in the table
	Field    string // its field in Go; empty: a literal
	Type     string // the field's type in Go; "Params" is the open list
	Digits   int
	Literal  string
	Optional bool
	Secret   bool
	Value    *Value // nil: Line and Args have a method for the kind
	Before   string // text: the literal words behind it
}

// Param is one parameter.
type Param struct {
	Def
	Of      []*Command
	Keyword *Keyword
	Needs   Mask
	Set     Mask
	Kind    string // of its value, as in the table
	Digits  int
	Choices []*Choice
	Value   *Value // nil: none, or a choice alone
	Beside  []*Param
	Apart   []*Param
	Most    int
	Within  *Arg // of the keyword: the value may not be above it; nil: none
}

// Choice is one word of a parameter whose value is a choice.
type Choice struct {
	Word    string
	Go      string // the constant's name
	Own     bool
	Role    string
	Keyword *Keyword
	Set     Mask
}

// A Target is where a row leads: same, home, or a state.
type Target struct {
	Home  bool
	State *State // nil and not Home: same
}

// Row is one row of replies: one code or one class.
type Row struct {
	List      string // where it stands in the table: the command's name, "common" or "late"
	Code      string // "250" or "2yz"
	Like      string // the row that it follows, "MAIL 4yz"; empty: none
	Min, Max  int
	From      Mask // 0: any state
	If        Mask
	To        Target
	Set       Mask
	Clear     Mask
	Do        []string // as in the table
	Violation bool
	Unlisted  bool
	RFC       string
}

// ServerReply is one of the replies that the server role gives by itself.
type ServerReply struct {
	Field    string // in smtp.Protocol
	Code     int
	Enhanced [3]int
	Text     string
	RFC      string
}
