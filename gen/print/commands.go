package print

import (
	"github.com/dave/jennifer/jen"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// commands writes a type for each command that is a line.
func (pr *printer) commands(f *jen.File) bool {
	any := false
	for _, c := range pr.p.Commands {
		if !c.Own || !c.Line {
			continue
		}
		any = true
		pr.command(f, c)
	}
	return any
}

func (pr *printer) command(f *jen.File, c *plan.Command) {
	for _, a := range c.Args {
		if a.Value != nil {
			pr.valueTypes(f, a.Value, "of "+c.Name+" ("+c.RFC+")", true)
		}
	}
	f.Line()
	for _, line := range pr.commandDoc(c) {
		f.Comment(line)
	}
	f.Type().Id(c.Go).StructFunc(func(g *jen.Group) {
		for _, a := range c.Args {
			if a.Field != "" {
				g.Id(a.Field).Add(argType(a)).Comment(argDoc(a))
			}
		}
	})
	f.Line()
	f.Comment("Op is Op" + c.Go + ".")
	f.Func().Params(jen.Op("*").Id(c.Go)).Id("Op").Params().Add(engine("Op")).Block(jen.Return(opRef(c)))
	f.Line()
	f.Comment("Encode writes the arguments.")
	f.Func().Params(receiver(c)).Id("Encode").Params(jen.Id("l").Op("*").Add(engine("Line"))).
		Block(encode(c.Args, func(a *plan.Arg) *jen.Statement { return jen.Id("c").Dot(a.Field) })...)
	f.Line()
	f.Comment("Parse reads the arguments.")
	f.Func().Params(receiver(c)).Id("Parse").Params(jen.Id("a").Op("*").Add(engine("Args"))).BlockFunc(func(g *jen.Group) {
		for _, a := range c.Args {
			if a.Field == "" {
				g.Id("a").Dot("Literal").Call(jen.Lit(a.Literal))
				continue
			}
			for _, s := range parseInto(a, jen.Id("c").Dot(a.Field)) {
				g.Add(s)
			}
		}
	})
}

// receiver is unnamed where a method has no use for it.
func receiver(c *plan.Command) *jen.Statement {
	for _, a := range c.Args {
		if a.Field != "" {
			return jen.Id("c").Op("*").Id(c.Go)
		}
	}
	return jen.Op("*").Id(c.Go)
}

func argType(a *plan.Arg) *jen.Statement {
	if a.Kind == "params" {
		return jen.Op("*").Add(engine("Params"))
	}
	if a.Value != nil {
		if a.List {
			return jen.Index().Add(goType(a.Value))
		}
		return goType(a.Value)
	}
	return jen.Id(a.Type)
}

// methods says for each kind of argument the method of Line and of Args.
var methods = map[string]string{
	"integer":          "Integer",
	"word":             "Word",
	"text":             "Text",
	"domain":           "Domain",
	"reverse-path":     "ReversePath",
	"forward-path":     "ForwardPath",
	"base64":           "Base64",
	"initial-response": "InitialResponse",
	"params":           "Params",
}

// encode writes the calls that put the arguments on a line.
func encode(args []*plan.Arg, value func(*plan.Arg) *jen.Statement) []jen.Code {
	var out []jen.Code
	for _, a := range args {
		call := func(v *jen.Statement) *jen.Statement {
			switch {
			case a.Value != nil && a.Value.Kind == "pairs":
				return jen.Id("encode"+a.Value.Type).Call(jen.Id("l"), jen.Op("&").Add(v))
			case a.Value != nil:
				return engine("AppendArg").Call(jen.Id("l"), jen.Lit(a.Name), v, writer(a.Value))
			}
			if a.Kind == "integer" {
				return jen.Id("l").Dot("Integer").Call(v, jen.Lit(a.Digits))
			}
			return jen.Id("l").Dot(methods[a.Kind]).Call(v)
		}
		switch {
		case a.Field == "":
			out = append(out, jen.Id("l").Dot("Literal").Call(jen.Lit(a.Literal)))
		case a.Value != nil && a.Value.Kind == "pairs":
			out = append(out, call(value(a)))
			if !a.Optional {
				out = append(out, jen.Id("l").Dot("NeedPair").Call(jen.Lit(a.Name)))
			}
		case a.Optional && a.Value != nil && !a.List:
			out = append(out, jen.If(isSet(a.Value, value(a))).Block(call(value(a))))
		case a.List:
			out = append(out, jen.For(jen.List(jen.Id("_"), jen.Id("v")).Op(":=").Range().Add(value(a))).Block(call(jen.Id("v"))))
		case a.Optional:
			out = append(out, jen.If(value(a).Op("!=").Add(empty(a))).Block(call(value(a))))
		default:
			out = append(out, call(value(a)))
		}
	}
	return out
}

// parseInto writes the statements that read one argument into a variable.
func parseInto(a *plan.Arg, v *jen.Statement) []jen.Code {
	var read *jen.Statement
	switch {
	case a.Value != nil && a.Value.Kind == "pairs":
		read = jen.Id("parse" + a.Value.Type).Call(jen.Id("a"))
		if !a.Optional {
			return []jen.Code{v.Clone().Op("=").Add(read), jen.Id("a").Dot("NeedPair").Call(jen.Lit(a.Name))}
		}
		return []jen.Code{v.Clone().Op("=").Add(read)}
	case a.Value != nil:
		read = engine("ParseArg").Call(jen.Id("a"), jen.Lit(a.Name), reader(a.Value))
	case a.Before != "":
		read = jen.Id("a").Dot("TextBefore").Call(jen.Lit(a.Before))
	case a.Kind == "integer":
		read = jen.Id("a").Dot("Integer").Call(jen.Lit(a.Digits))
	case a.Kind == "params":
		read = jen.Id("a").Dot("Params").Call(v.Clone())
	default:
		read = jen.Id("a").Dot(methods[a.Kind]).Call()
	}
	more := jen.Id("a").Dot("More").Call()
	switch {
	case a.List:
		return []jen.Code{
			v.Clone().Op("=").Add(v.Clone()).Index(jen.Op(":").Lit(0)),
			jen.For(more).Block(v.Clone().Op("=").Append(v.Clone(), read)),
		}
	case a.Optional:
		return []jen.Code{
			v.Clone().Op("=").Add(empty(a)),
			jen.If(more).Block(v.Clone().Op("=").Add(read)),
		}
	}
	return []jen.Code{v.Clone().Op("=").Add(read)}
}

// empty is the value that stands for an argument left out.
func empty(a *plan.Arg) *jen.Statement {
	if a.Value != nil && !a.List && (a.Value.Kind == "sequence" || isTime(a.Value)) {
		return goType(a.Value).Values()
	}
	if a.Value != nil && a.Value.Kind == "choice" {
		return jen.Lit("")
	}
	switch a.Type {
	case "string":
		return jen.Lit("")
	case "uint64", "int64":
		return jen.Lit(0)
	}
	return jen.Nil()
}

// session writes the methods of Session for the base table's commands; they
// spare their callers a value that escapes to the heap. Only package smtp can
// have them.
func (pr *printer) session(f *jen.File) bool {
	if pr.path != Engine {
		return false
	}
	for _, c := range pr.p.Commands {
		if !c.Line || c.Ext != "" {
			continue
		}
		f.Line()
		for _, line := range wrap(c.Go + " queues " + c.Name + " (" + c.RFC + ") as [Session.Do] does; [" + c.Go + "] says where it is legal and what its arguments are. " +
			"Its events carry the tag. An error is a [*StateError], an [*ArgumentError] or a [*MissingError], and nothing was queued.") {
			f.Comment(line)
		}
		f.Func().Params(jen.Id("s").Op("*").Id("Session")).Id(c.Go).ParamsFunc(func(g *jen.Group) {
			for _, a := range c.Args {
				if a.Field != "" {
					g.Id(a.Parameter()).Add(argType(a))
				}
			}
		}).Params(engine("Tag"), jen.Error()).BlockFunc(func(g *jen.Group) {
			l, check := "l", encode(c.Args, func(a *plan.Arg) *jen.Statement { return jen.Id(a.Parameter()) })
			if len(check) == 0 {
				l = "_"
			}
			g.List(jen.Id(l), jen.Err()).Op(":=").Id("s").Dot("begin").Call(opRef(c))
			g.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Lit(0), jen.Err()))
			for _, s := range check {
				g.Add(s)
			}
			g.Return(jen.Id("s").Dot("end").Call())
		})
	}
	return true
}
