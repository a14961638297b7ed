package print

import (
	"github.com/dave/jennifer/jen"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// params writes a typed key for each parameter, and the types and words of
// those whose value is a choice.
func (pr *printer) params(f *jen.File) bool {
	any := false
	for _, q := range pr.p.Params {
		if q.Own {
			any = true
			pr.choiceType(f, q)
			if q.Value != nil {
				pr.valueTypes(f, q.Value, "of the parameter "+q.Name+" ("+q.RFC+")", true)
			}
			pr.paramKey(f, q)
		}
		any = pr.choiceWords(f, q) || any
	}
	return any
}

func (pr *printer) paramKey(f *jen.File, q *plan.Param) {
	f.Line()
	text := q.Go + " is the parameter " + q.Name + " of " + commandNames(q.Of) + " (" + q.RFC + "): "
	switch q.Kind {
	case "none":
		text += "it has no value, and is said where true is set."
	case "choice":
		text += "a word of [" + q.GoType() + "]."
	default:
		text += typedDoc(q.Value) + "."
	}
	if q.Keyword != nil {
		text += " The server must have offered " + q.Keyword.Name + "."
	}
	for _, line := range wrap(text) {
		f.Comment(line)
	}
	fs := fields{}
	fs.add("Param", paramRef(q))
	typ := valueType(q)
	switch q.Kind {
	case "none":
	case "choice":
		fs.add("Append", engine("AppendChoice").Types(typ.Clone()))
		fs.add("Parse", engine("ParseChoice").Types(typ.Clone()))
	default:
		fs.add("Append", writer(q.Value))
		fs.add("Parse", reader(q.Value))
	}
	f.Var().Id(q.Go).Op("=").Add(engine("ParamKey").Types(typ).Custom(lines, fs...))
}

func valueType(q *plan.Param) *jen.Statement {
	if q.Kind == "choice" {
		return ref(q.Own, q.GoType())
	}
	if q.Value != nil {
		return goType(q.Value)
	}
	return jen.Id(q.GoType())
}

func (pr *printer) choiceType(f *jen.File, q *plan.Param) {
	if q.Kind != "choice" {
		return
	}
	f.Line()
	f.Comment(q.GoType() + " is a value of the parameter " + q.Name + " (" + q.RFC + ").")
	f.Type().Id(q.GoType()).String()
}

// choiceWords writes the words of a choice that this package brings, be the
// parameter its own or not.
func (pr *printer) choiceWords(f *jen.File, q *plan.Param) bool {
	var words []jen.Code
	for _, c := range q.Choices {
		if !c.Own {
			continue
		}
		about := q.Name + "=" + c.Word
		if c.Keyword != nil {
			about += ", where " + c.Keyword.Name + " is offered"
		}
		words = append(words, jen.Id(c.Go).Add(valueType(q)).Op("=").Lit(c.Word).Comment(about))
	}
	if len(words) == 0 {
		return false
	}
	f.Line()
	f.Comment("Values of the parameter " + q.Name + ".")
	f.Const().Defs(words...)
	return true
}

// extensions writes a typed key for each EHLO keyword.
func (pr *printer) extensions(f *jen.File) bool {
	any := false
	for _, k := range pr.p.Keywords {
		if !k.Own {
			continue
		}
		any = true
		typ := pr.keywordType(f, k)
		f.Line()
		text := k.Go + "Keyword is the EHLO keyword " + k.Name + " (" + k.RFC + "): " + k.About + ". " + offerDoc(k)
		for _, line := range wrap(text) {
			f.Comment(line)
		}
		fs := fields{}
		fs.add("Keyword", keywordRef(k))
		fs.add("Parse", jen.Func().Params(jen.Id("a").Op("*").Add(engine("Args"))).Params(jen.Id("v").Add(typ.Clone())).BlockFunc(func(g *jen.Group) {
			for _, a := range k.Args {
				if a.Field == "" {
					g.Id("a").Dot("Literal").Call(jen.Lit(a.Literal))
					continue
				}
				v := jen.Id("v")
				if countFields(k.Args) > 1 {
					v = v.Dot(a.Field)
				}
				for _, s := range parseNew(a, v) {
					g.Add(s)
				}
			}
			g.Return(jen.Id("v"))
		}))
		f.Var().Id(k.Go + "Keyword").Op("=").Add(engine("KeywordKey").Types(typ).Custom(lines, fs...))
	}
	return any
}

// parseNew reads an argument into a variable that holds its zero value.
func parseNew(a *plan.Arg, v *jen.Statement) []jen.Code {
	all := parseInto(a, v)
	if (a.List || a.Optional) && len(all) > 1 {
		return all[1:]
	}
	return all
}

// keywordType is what a keyword's parameters become: nothing, the one value,
// or a struct of them, which is written first.
func (pr *printer) keywordType(f *jen.File, k *plan.Keyword) *jen.Statement {
	switch countFields(k.Args) {
	case 0:
		return jen.Struct()
	case 1:
		for _, a := range k.Args {
			if a.Value != nil {
				pr.valueTypes(f, a.Value, "behind the EHLO keyword "+k.Name+" ("+k.RFC+")", false)
			}
			if a.Field != "" {
				return argType(a)
			}
		}
	}
	for _, a := range k.Args {
		if a.Value != nil {
			pr.valueTypes(f, a.Value, "behind the EHLO keyword "+k.Name+" ("+k.RFC+")", false)
		}
	}
	name := k.Go + "Offer"
	f.Line()
	f.Comment(name + " is what a server says with the EHLO keyword " + k.Name + " (" + k.RFC + ").")
	f.Type().Id(name).StructFunc(func(g *jen.Group) {
		for _, a := range k.Args {
			if a.Field != "" {
				g.Id(a.Field).Add(argType(a)).Comment(argDoc(a))
			}
		}
	})
	return jen.Id(name)
}

// offerDoc says what the value of a keyword's key is.
func offerDoc(k *plan.Keyword) string {
	switch countFields(k.Args) {
	case 0:
		return "It has no value."
	case 1:
		for _, a := range k.Args {
			if a.Field != "" {
				return "Its value is " + a.Name + ": " + argDoc(a) + "."
			}
		}
	}
	return "Its value is [" + k.Go + "Offer]."
}

func countFields(args []*plan.Arg) int {
	n := 0
	for _, a := range args {
		if a.Field != "" {
			n++
		}
	}
	return n
}
