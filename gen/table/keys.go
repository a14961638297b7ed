package table

// The kinds of mapping that the YAML files have, with the keys that each may
// have. docs/table.md explains every one of them.
const (
	kindBase      = "the base table"
	kindExtension = "an extension file"
	kindState     = "a state"
	kindFact      = "a fact"
	kindServer    = "server"
	kindReply     = "a reply of the server"
	kindCommand   = "a command"
	kindRow       = "a row"
	kindKeyword   = "a keyword"
	kindParam     = "a parameter"
	kindExtend    = "an entry of extend"
	kindValue     = "a value"
	kindInteger   = "an integer"
	kindChoice    = "a word of a choice"
	kindDepends   = "depends"
)

var keysOf = map[string][]string{
	kindBase:      {"protocol", "rfc", "start", "finish", "facts", "states", "sets", "common", "late", "server", "commands"},
	kindExtension: {"extension", "rfc", "cite", "about", "keyword", "requires", "forbids", "facts", "states", "sets", "into", "commands", "params", "values", "extend"},
	kindState:     {"awaits", "home", "to", "set", "rfc", "cite", "about"},
	kindFact:      {"role", "scope", "fixed", "refuse", "only", "rfc", "cite", "about"},
	kindServer:    {"unknown", "not-offered", "arguments", "sequence", "parameter"},
	kindReply:     {"code", "enhanced", "text", "rfc"},
	kindCommand: {"rfc", "cite", "verb", "type", "args", "payload", "role", "in", "unless-in", "needs", "forbids", "group", "assume",
		"timeout", "block", "count", "if", "alone", "replies", "late"},
	kindRow:     {"code", "from", "if", "like", "to", "set", "clear", "do", "violation", "unlisted", "rfc", "cite"},
	kindKeyword: {"name", "type", "role", "args", "limits", "offer", "rfc", "cite"},
	kindParam:   {"rfc", "cite", "of", "type", "role", "value", "set", "needs", "with", "beside", "apart", "most", "within"},
	kindExtend:  {"with", "rfc", "cite", "forbids", "needs", "count", "if", "alone", "replies", "late"},
	kindValue:   {"integer", "choice", "list", "separator", "sequence", "pairs", "offered", "depends"},
	kindInteger: {"digits", "min", "max", "plus", "leading-zeros"},
	kindChoice:  {"type", "role", "with", "alone", "set"},
	kindDepends: {"by", "when", "else"},
}

// The closed lists of words.
var (
	awaitWords   = []string{"command", "reply", "content", "line", "tls", "nothing"}
	scopeWords   = []string{"connection", "session", "transaction"}
	payloadWords = []string{"dot", "octets"}
	groupWords   = []string{"anywhere", "last", "last-unless-final"}
	countWords   = []string{"recipients"}
	offerWords   = []string{"always", "asked"}
	limitWords   = []string{"transactions", "recipients", "domains"}
	classWords   = []string{"1yz", "2yz", "3yz", "4yz", "5yz"}
	effectWords  = []string{"learn-extensions", "forget-extensions", "forget-session", "open-transaction", "close-transaction",
		"count-recipient", "send-void", "too-many-recipients", "take-up"}

	commandRoles = []string{"greeting", "hello", "helo", "sender", "recipient", "data", "content", "void", "reset", "noop", "quit",
		"chunk", "last-chunk", "url", "url-last", "starttls", "auth", "auth-line", "auth-cancel"}
	factRoles    = []string{"tls", "closing", "lmtp", "utf8"}
	paramRoles   = []string{"utf8", "size", "body", "transaction"}
	valueRoles   = []string{"7bit", "8bit", "binary"}
	keywordRoles = []string{"size", "pipelining", "enhanced", "early"}

	// Where a kind of value may stand. What partKinds has may be composed, and
	// stand in all of them.
	partKinds    = []string{"integer", "word", "domain", "xtext", "printable-xtext", "utf-8-addr-xtext", "date-time", "date-time-seconds", "auth-mailbox", "choice", "list", "sequence"}
	elemKinds    = append([]string{"depends"}, partKinds...)
	argKinds     = append([]string{"text", "base64", "initial-response", "reverse-path", "forward-path", "uri", "literal", "params", "pairs"}, partKinds...)
	keywordKinds = append([]string{"text", "pairs"}, partKinds...)
	paramKinds   = append([]string{"none"}, partKinds...)

	// Names with a meaning of their own, which no definition may take.
	stateTargets = []string{"same", "home"}
	setAll       = "all"
)
