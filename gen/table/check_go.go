package table

import (
	"go/token"
	"strings"
	"unicode"
)

// GoName makes a name in Go of a name in the table: its parts between signs
// with one capital each, so that BDAT-LAST gives BdatLast.
func GoName(name string) string {
	var b strings.Builder
	start := true
	for _, c := range name {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			start = true
		case start:
			b.WriteRune(unicode.ToUpper(c))
			start = false
		default:
			b.WriteRune(unicode.ToLower(c))
		}
	}
	return b.String()
}

func goNameOf(n Name, given string) string {
	if given != "" {
		return given
	}
	return GoName(n.Text)
}

// goNames holds that the definitions of one Go package have names of their
// own there. The library's files make one package, a user's another.
func (c *checker) goNames() {
	type scope map[string]Name
	scopes := map[bool]scope{true: {"Table": {}}, false: {"Table": {}}}
	use := func(ext *Extension, goName string, n Name) {
		s := scopes[ext == nil || ext.Base]
		first, taken := s[goName]
		switch {
		case !token.IsIdentifier(goName) || !token.IsExported(goName):
			c.add(n.Pos, "go-name", "%q makes %s, which can't be a name in Go; say another with type, such as type: EightBitMIME", n.Text, goName)
		case taken && first.Text == "":
			c.add(n.Pos, "go-name", "%q makes %s in Go, which is the name of the table itself; say another with type", n.Text, goName)
		case taken:
			c.add(n.Pos, "go-name", "%q makes %s in Go, as %q at %s does; say another with type, or rename one", n.Text, goName, first.Text, first.Pos)
		default:
			s[goName] = n
		}
	}
	for _, s := range c.t.States {
		use(s.Ext, "State"+GoName(s.Name.Text), s.Name)
	}
	for _, f := range c.t.Facts {
		use(f.Ext, "Fact"+GoName(f.Name.Text), f.Name)
	}
	for _, cmd := range c.t.Commands {
		name := goNameOf(cmd.Name, cmd.Type)
		use(cmd.Ext, "Op"+name, cmd.Name)
		if cmd.Line() {
			use(cmd.Ext, name, cmd.Name)
		}
		c.fields(cmd)
	}
	for _, e := range c.t.Extensions {
		if k := e.Keyword; k != nil {
			name := goNameOf(k.Name, k.Type)
			use(e, "Keyword"+name, k.Name)
			use(e, name+"Keyword", k.Name)
		}
	}
	for _, p := range c.t.Params {
		name := goNameOf(p.Name, p.Type)
		use(p.Ext, "Param"+name, p.Name)
		use(p.Ext, name, p.Name)
		if p.Value.Kind == "choice" {
			use(p.Ext, name+"Value", p.Name)
		}
		for _, w := range p.Value.Choices {
			use(w.Ext, name+goNameOf(w.Word, w.Type), w.Word)
		}
	}
}

// fields holds that the arguments of a command can be the fields of its type,
// beside the methods Op, Encode and Parse.
func (c *checker) fields(cmd *Command) {
	seen := map[string]bool{"Op": true, "Encode": true, "Parse": true, "Params": true}
	for _, a := range cmd.Args {
		if a.Name.Text == "" {
			continue
		}
		field := GoName(a.Name.Text)
		if seen[field] {
			c.add(a.Name.Pos, "go-name", "%q makes %s in Go, which type %s has already; name the argument otherwise", a.Name.Text, field, goNameOf(cmd.Name, cmd.Type))
		}
		seen[field] = true
	}
}

// Line reports whether the command is a line of the client: GREETING and
// CONTENT are not.
func (c *Command) Line() bool { return c.Verb != "" || len(c.Args) > 0 }
