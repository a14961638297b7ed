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
	use := func(ext *Extension, n Name, goNames ...string) {
		if c.clashed(n.Pos) {
			return
		}
		s := scopes[ext == nil || ext.Base]
		goName := goNames[0]
		for _, goName = range goNames { // one problem a definition is enough
			if _, taken := s[goName]; taken || !token.IsIdentifier(goName) {
				break
			}
		}
		first, taken := s[goName]
		switch {
		case !token.IsIdentifier(goName) || !token.IsExported(goName):
			c.add(n.Pos, "go-name", "%q makes %s, which can't be a name in Go; say another with type, such as type: EightBitMIME", n.Text, goName)
		case taken && first.Text == "":
			c.add(n.Pos, "go-name", "%q makes %s in Go, which is the name of the table itself; say another with type", n.Text, goName)
		case taken:
			c.add(n.Pos, "go-name", "%q makes %s in Go, as %q at %s does; say another with type, or rename one", n.Text, goName, first.Text, first.Pos)
		default:
			for _, g := range goNames {
				s[g] = n
			}
		}
	}
	for _, s := range c.t.States {
		use(s.Ext, s.Name, "State"+GoName(s.Name.Text))
	}
	for _, f := range c.t.Facts {
		use(f.Ext, f.Name, "Fact"+GoName(f.Name.Text))
	}
	for _, cmd := range c.t.Commands {
		name := goNameOf(cmd.Name, cmd.Type)
		if cmd.Line() {
			use(cmd.Ext, cmd.Name, "Op"+name, name)
		} else {
			use(cmd.Ext, cmd.Name, "Op"+name)
		}
		c.fields(cmd)
		for _, a := range cmd.Args {
			for _, t := range a.Value.types(a.Name, name+GoName(a.Name.Text), name+GoName(a.Name.Text)) {
				use(cmd.Ext, t.from, t.goName)
			}
		}
	}
	for _, e := range c.t.Extensions {
		if k := e.Keyword; k != nil {
			name := goNameOf(k.Name, k.Type)
			use(e, k.Name, "Keyword"+name, name+"Keyword")
			if len(k.Args) > 1 {
				use(e, k.Name, name+"Offer")
			}
			for _, a := range k.Args {
				own, base := name+"Offer"+GoName(a.Name.Text), name+"Offer"+GoName(a.Name.Text)
				if len(k.Args) == 1 {
					own, base = name+"Offer", name
				}
				for _, t := range a.Value.types(a.Name, own, base) {
					use(e, t.from, t.goName)
				}
			}
		}
	}
	for _, p := range c.t.Params {
		name := goNameOf(p.Name, p.Type)
		if p.Value.Kind == "choice" {
			use(p.Ext, p.Name, "Param"+name, name, name+"Value")
			for _, w := range p.Value.Choices {
				use(w.Ext, w.Word, name+goNameOf(w.Word, w.Type))
			}
			continue
		}
		use(p.Ext, p.Name, "Param"+name, name)
		for _, t := range p.Value.types(p.Name, name+"Value", name) {
			use(p.Ext, t.from, t.goName)
		}
	}
}

// A madeName is a name in Go that a part of a value makes.
type madeName struct {
	from   Name
	goName string
}

// types gives the names of the types and words that a value makes: name is that
// of its own type, and base what those of its words and parts begin with.
func (v *Value) types(from Name, name, base string) []madeName {
	var list []madeName
	switch v.Kind {
	case "choice":
		list = append(list, madeName{from, name})
		for _, w := range v.Choices {
			list = append(list, madeName{w.Word, base + goNameOf(w.Word, w.Type)})
		}
	case "list":
		return v.Of.types(from, name, base)
	case "sequence", "pairs":
		list = append(list, madeName{from, name})
		for _, e := range v.Elems {
			part := base + GoName(e.Name.Text)
			list = append(list, e.Value.types(e.Name, part, part)...)
		}
	}
	return list
}

// fields holds that the arguments of a command can be the fields of its type,
// beside the methods Op, Encode and Parse.
func (c *checker) fields(cmd *Command) {
	seen := map[string]string{"Op": "", "Encode": "", "Parse": "", "Params": ""}
	for _, a := range cmd.Args {
		if a.Name.Text == "" {
			continue
		}
		field := GoName(a.Name.Text)
		if first, taken := seen[field]; taken && first != a.Name.Text {
			c.add(a.Name.Pos, "go-name", "%q makes %s in Go, which type %s has already; name the argument otherwise", a.Name.Text, field, goNameOf(cmd.Name, cmd.Type))
		}
		seen[field] = a.Name.Text
	}
}

// Line reports whether the command is a line of the client: GREETING and
// CONTENT are not.
func (c *Command) Line() bool { return c.Verb != "" || len(c.Args) > 0 }
