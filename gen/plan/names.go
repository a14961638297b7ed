package plan

import (
	"go/token"
	"maps"
	"slices"
	"strings"

	"github.com/tabellarius/tabellarius/gen/table"
)

// goName is the name that the table gives, or one made of the definition's.
func goName(name, given string) string {
	if given != "" {
		return given
	}
	return table.GoName(name)
}

// exported reports whether name can stand in Go as an exported name.
func exported(name string) bool { return token.IsIdentifier(name) && token.IsExported(name) }

// Parameter gives the name of a function's parameter for the argument: the
// field's with a small first letter. A trailing "Arg" keeps it apart from Go's
// words and from what the generated methods use themselves.
func (a *Arg) Parameter() string {
	name := strings.ToLower(a.Field[:1]) + a.Field[1:]
	if token.IsKeyword(name) || name == "s" || name == "l" || name == "err" {
		name += "Arg"
	}
	return name
}

// roles maps the table's words for roles to the names of package smtp.
var roles = map[string]string{
	"":           "",
	"greeting":   "RoleGreeting",
	"hello":      "RoleHello",
	"helo":       "RoleHelo",
	"sender":     "RoleSender",
	"recipient":  "RoleRecipient",
	"data":       "RoleData",
	"content":    "RoleContent",
	"void":       "RoleVoid",
	"reset":      "RoleReset",
	"noop":       "RoleNoop",
	"quit":       "RoleQuit",
	"chunk":      "RoleChunk",
	"last-chunk": "RoleLastChunk",

	"url":         "RoleURL",
	"url-last":    "RoleURLLast",
	"starttls":    "RoleStartTLS",
	"auth":        "RoleAuth",
	"auth-line":   "RoleAuthLine",
	"auth-cancel": "RoleAuthCancel",
	"tls":         "RoleTLS",
	"closing":     "RoleClosing",
	"lmtp":        "RoleLMTP",
	"utf8":        "RoleUTF8",
	"size":        "RoleSize",
	"body":        "RoleBody",
	"7bit":        "Role7Bit",
	"8bit":        "Role8Bit",
	"binary":      "RoleBinary",
	"pipelining":  "RolePipelining",
	"enhanced":    "RoleEnhanced",
	"transaction": "RoleTransaction",
	"early":       "RoleEarly",
}

// argTypes says for each kind of value the Go type of an argument of it.
var argTypes = map[string]string{
	"integer":          "uint64",
	"word":             "string",
	"text":             "string",
	"domain":           "string",
	"reverse-path":     "string",
	"forward-path":     "string",
	"base64":           "[]byte",
	"initial-response": "[]byte",
	"literal":          "",
	"params":           "Params",
}

// GoType gives the type of the parameter's value in Go; that of a choice is a
// type of the package that defines the parameter.
func (p *Param) GoType() string {
	switch p.Kind {
	case "none":
		return "bool"
	case "choice":
		return p.Go + "Value"
	}
	return p.Value.GoType()
}

// names refuses names that Go can't take, or that come twice in the package
// that is generated. The loader has looked at the library's names and at a
// user's apart; here they may be in one package.
func (b *builder) names() {
	seen := map[string]table.Pos{}
	use := func(own bool, name string, pos table.Pos) {
		switch first, twice := seen[name]; {
		case !own:
		case !exported(name):
			b.problem(pos, "name", "%q is no exported name in Go: say another with `type:`", name)
		case twice:
			b.problem(pos, "name", "the name %s in Go is taken by the definition in %s:%d: say another with `type:`", name, first.File, first.Line)
		default:
			seen[name] = pos
		}
	}
	var types func(own bool, v *Value, pos table.Pos)
	types = func(own bool, v *Value, pos table.Pos) {
		if v == nil {
			return
		}
		if v.Type != "" {
			use(own, v.Type, pos)
		}
		for _, w := range v.Words {
			use(own, w.Go, pos)
		}
		types(own, v.Of, pos)
		for _, e := range v.Elems {
			types(own, e.Value, pos)
		}
	}
	args := func(own bool, list []*Arg, pos table.Pos) {
		for _, a := range list {
			types(own, a.Value, pos)
		}
	}
	p := b.plan
	for i, s := range p.States {
		use(s.Own, "State"+s.Go, b.t.States[i].Name.Pos)
	}
	for i, f := range p.Facts {
		use(f.Own, "Fact"+f.Go, b.t.Facts[i].Name.Pos)
	}
	for i, c := range p.Commands {
		use(c.Own, "Op"+c.Go, b.t.Commands[i].Name.Pos)
		if c.Line {
			use(c.Own, c.Go, b.t.Commands[i].Name.Pos)
		}
		args(c.Own, c.Args, b.t.Commands[i].Name.Pos)
	}
	for _, e := range b.t.Extensions {
		if k := b.keyword[e]; k != nil {
			use(k.Own, "Keyword"+k.Go, e.Keyword.Name.Pos)
			use(k.Own, k.Go+"Keyword", e.Keyword.Name.Pos)
			args(k.Own, k.Args, e.Keyword.Name.Pos)
		}
	}
	for i, q := range p.Params {
		pos := b.t.Params[i].Name.Pos
		use(q.Own, "Param"+q.Go, pos)
		use(q.Own, q.Go, pos)
		if q.Kind == "choice" {
			use(q.Own, q.Go+"Value", pos)
		}
		types(q.Own, q.Value, pos)
		for j, c := range q.Choices {
			use(c.Own, c.Go, b.t.Params[i].Value.Choices[j].Word.Pos)
		}
	}
}

// kinds lists the words of a map for an error.
func kinds(m map[string]string) string {
	return strings.TrimLeft(strings.Join(slices.Sorted(maps.Keys(m)), ", "), ", ")
}
