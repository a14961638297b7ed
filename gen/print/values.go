package print

import (
	"math"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// valueFuncs says for each kind of value that has no type of its own the
// functions of package smtp that write and read it.
var valueFuncs = map[string]string{
	"word": "Word", "domain": "DomainValue", "xtext": "Xtext", "printable-xtext": "PrintableXtext", "utf-8-addr-xtext": "UTF8AddrXtext",
	"auth-mailbox": "AuthMailbox", "date-time": "DateTime", "date-time-seconds": "DateTimeSeconds", "uri": "URI",
}

func isTime(v *plan.Value) bool { return v.Kind == "date-time" || v.Kind == "date-time-seconds" }

// goType writes the type in Go of a value's.
func goType(v *plan.Value) *jen.Statement {
	switch {
	case v.Kind == "depends":
		return goType(v.Else)
	case v.Type != "":
		return jen.Id(v.Type)
	case v.Kind == "list":
		return jen.Index().Add(goType(v.Of))
	case isTime(v):
		return jen.Qual("time", "Time")
	}
	return jen.Id(v.GoType())
}

// writer gives the function that appends a value, reader the one that reads it.
func writer(v *plan.Value) *jen.Statement {
	dst, x := jen.Id("dst"), jen.Id("v")
	switch v.Kind {
	case "integer":
		if v.Range == nil {
			return appendFunc(goType(v), engine("AppendInteger").Call(dst, x, jen.Lit(v.Digits)))
		}
		low, high := bounds(v)
		return appendFunc(goType(v), engine("AppendRange").Call(dst, x, jen.Lit(v.Digits), low, high))
	case "choice":
		return appendFunc(goType(v), engine("AppendOneOf").Call(words(v, dst, x)...))
	case "list":
		list := engine("AppendList").Call(dst, x, jen.Lit(v.Separator), writer(v.Of))
		if v.Of.Kind != "choice" {
			return appendFunc(goType(v), list)
		}
		return jen.Func().Params(jen.Id("dst").Index().Byte(), jen.Id("v").Add(goType(v))).Params(jen.Index().Byte(), jen.Error()).Block(
			jen.If(jen.Err().Op(":=").Add(alone(v.Of)), jen.Err().Op("!=").Nil()).Block(jen.Return(dst, jen.Err())),
			jen.Return(list),
		)
	case "sequence":
		return jen.Id("append" + v.Type)
	}
	return engine("Append" + valueFuncs[v.Kind])
}

func reader(v *plan.Value) *jen.Statement {
	b := jen.Id("b")
	switch v.Kind {
	case "integer":
		if v.NoZeros {
			b = engine("NoZeros").Call(b)
		}
		if v.Range == nil {
			return parseFunc(goType(v), engine("ParseInteger").Call(b, jen.Lit(v.Digits)))
		}
		low, high := bounds(v)
		return parseFunc(goType(v), engine("ParseRange").Types(goType(v)).Call(b, jen.Lit(v.Digits), low, high, jen.Lit(v.Plus)))
	case "choice":
		return parseFunc(goType(v), engine("ParseOneOf").Types(goType(v)).Call(words(v, b)...))
	case "list":
		list := engine("ParseList").Call(b, jen.Lit(v.Separator), reader(v.Of))
		if v.Of.Kind != "choice" {
			return parseFunc(goType(v), list)
		}
		return jen.Func().Params(jen.Id("b").Index().Byte()).Params(goType(v), jen.Error()).Block(
			jen.List(jen.Id("v"), jen.Err()).Op(":=").Add(list),
			jen.If(jen.Err().Op("==").Nil()).Block(jen.Err().Op("=").Add(alone(v.Of))),
			jen.Return(jen.Id("v"), jen.Err()),
		)
	case "sequence":
		return jen.Id("parse" + v.Type)
	}
	return engine("Parse" + valueFuncs[v.Kind])
}

// words adds the words of a choice to the arguments of a call.
func words(v *plan.Value, args ...jen.Code) []jen.Code {
	for _, w := range v.Words {
		args = append(args, jen.Lit(w.Word))
	}
	return args
}

// alone writes the check of a list of words.
func alone(v *plan.Value) *jen.Statement {
	args := []jen.Code{jen.Id("v")}
	for _, w := range v.Alone {
		args = append(args, jen.Lit(w))
	}
	return engine("CheckAlone").Call(args...)
}

func bounds(v *plan.Value) (low, high *jen.Statement) {
	high = jen.Id(strconv.FormatUint(v.Range.Max, 10))
	switch v.Range.Max {
	case math.MaxUint64:
		high = jen.Qual("math", "MaxUint64")
	case math.MaxInt64:
		high = jen.Qual("math", "MaxInt64")
	}
	return jen.Id(strconv.FormatInt(v.Range.Min, 10)), high
}

func appendFunc(typ, call *jen.Statement) *jen.Statement {
	return jen.Func().Params(jen.Id("dst").Index().Byte(), jen.Id("v").Add(typ)).Params(jen.Index().Byte(), jen.Error()).Block(jen.Return(call))
}

func parseFunc(typ, call *jen.Statement) *jen.Statement {
	return jen.Func().Params(jen.Id("b").Index().Byte()).Params(typ, jen.Error()).Block(jen.Return(call))
}

// valueTypes writes the types that a value needs, with their functions. what
// says whose value it is, as "of the parameter BY (RFC 2852 §4)"; without
// written, which is so for EHLO keywords, values are only read.
func (pr *printer) valueTypes(f *jen.File, v *plan.Value, what string, written bool) {
	switch v.Kind {
	case "list":
		pr.valueTypes(f, v.Of, what, written)
	case "choice":
		f.Line()
		f.Comment(v.Type + " is a word " + what + ".")
		f.Type().Id(v.Type).String()
		var defs []jen.Code
		for _, w := range v.Words {
			defs = append(defs, jen.Id(w.Go).Id(v.Type).Op("=").Lit(w.Word))
		}
		f.Line()
		f.Comment("Words " + what + ".")
		f.Const().Defs(defs...)
	case "sequence", "pairs":
		for _, e := range v.Elems {
			if e.Field != "" {
				pr.valueTypes(f, e.Value, what, written)
			}
		}
		f.Line()
		if v.Kind == "sequence" {
			for _, line := range wrap(v.Type + " is a value " + what + ": " + form(v) + ".") {
				f.Comment(line)
			}
		} else {
			for _, line := range wrap(v.Type + " are values " + what + ", each as NAME=value. What has the zero value is left out.") {
				f.Comment(line)
			}
		}
		f.Type().Id(v.Type).StructFunc(func(g *jen.Group) {
			for _, e := range v.Elems {
				if e.Field != "" {
					g.Id(e.Field).Add(goType(e.Value)).Comment(elemDoc(e))
				}
			}
		})
		switch {
		case v.Kind == "sequence" && (written || looksAhead(v)):
			pr.sequenceWriter(f, v)
		case written:
			pr.pairsWriter(f, v)
		}
		if v.Kind == "sequence" {
			pr.sequenceReader(f, v)
		} else {
			pr.pairsReader(f, v)
		}
	}
}

// looksAhead reports whether a part of a sequence depends on one behind it.
func looksAhead(v *plan.Value) bool {
	for i := range v.Elems {
		if v.Ahead(i) {
			return true
		}
	}
	return false
}

func elemDoc(e *plan.Elem) string {
	text := typedDoc(e.Value)
	if e.Optional {
		text += "; the zero value: left out"
	}
	return text
}

// isSet writes the condition that a value is not its zero value.
func isSet(v *plan.Value, x *jen.Statement) *jen.Statement {
	switch t := v.GoType(); {
	case isTime(v):
		return jen.Op("!").Add(x).Dot("IsZero").Call()
	case v.Kind == "list":
		return jen.Len(x).Op(">").Lit(0)
	case v.Kind == "sequence":
		all := jen.Null()
		for _, e := range v.Elems {
			if e.Field == "" {
				continue
			}
			if len(*all) > 1 {
				all = all.Op("||")
			}
			all = all.Add(isSet(e.Value, x.Clone().Dot(e.Field)))
		}
		return all
	case t == "uint64" || t == "int64":
		return x.Op("!=").Lit(0)
	}
	return x.Op("!=").Lit("")
}

func (pr *printer) sequenceWriter(f *jen.File, v *plan.Value) {
	f.Line()
	f.Func().Id("append"+v.Type).Params(jen.Id("dst").Index().Byte(), jen.Id("v").Id(v.Type)).Params(jen.Index().Byte(), jen.Error()).BlockFunc(func(g *jen.Group) {
		g.Id("c").Op(":=").Add(engine("Compose")).Call(jen.Id("dst"))
		for i, e := range v.Elems {
			var parts []jen.Code
			if e.After != "" {
				parts = append(parts, jen.Id("c").Dot("Fixed").Call(jen.Lit(e.After)))
			}
			if e.Field != "" {
				parts = append(parts, pr.writePart(v, i))
			}
			if e.Optional {
				g.If(isSet(e.Value, jen.Id("v").Dot(e.Field))).Block(parts...)
				continue
			}
			for _, p := range parts {
				g.Add(p)
			}
		}
		g.Return(jen.Id("c").Dot("End").Call())
	})
}

func (pr *printer) writePart(v *plan.Value, i int) jen.Code {
	e := v.Elems[i]
	write := func(x *plan.Value) jen.Code {
		return engine("AppendPart").Call(append([]jen.Code{jen.Op("&").Id("c"), jen.Lit(e.Name), jen.Id("v").Dot(e.Field), writer(x)}, texts(v.Ends(i))...)...)
	}
	return pr.depending(e, jen.Id("v"), write)
}

// depending writes what is done with a part: by cases, where it depends on
// another.
func (pr *printer) depending(e *plan.Elem, v *jen.Statement, do func(*plan.Value) jen.Code) jen.Code {
	if e.Value.Kind != "depends" {
		return do(e.Value)
	}
	return jen.Switch().BlockFunc(func(g *jen.Group) {
		for _, w := range e.Value.When {
			g.Case(jen.Qual("strings", "EqualFold").Call(jen.String().Call(v.Clone().Dot(e.Value.On)), jen.Lit(w.Name))).Block(do(w.Value))
		}
		g.Default().Block(do(e.Value.Else))
	})
}

func (pr *printer) sequenceReader(f *jen.File, v *plan.Value) {
	f.Line()
	f.Func().Id("parse"+v.Type).Params(jen.Id("b").Index().Byte()).Params(jen.Id("v").Id(v.Type), jen.Err().Error()).BlockFunc(func(g *jen.Group) {
		g.Id("p").Op(":=").Add(engine("NewParts")).Call(jen.Id("b"))
		check := false
		for i, e := range v.Elems {
			part := func() jen.Code { return pr.readPart(v, i) }
			check = check || v.Ahead(i)
			p := jen.Id("p")
			switch {
			case e.Optional && e.After != "":
				g.If(p.Dot("Follows").Call(jen.Lit(e.After))).Block(part())
			case e.Optional && e.Value.Kind == "choice" && i+1 < len(v.Elems):
				g.If(p.Dot("Begins").Call(words(e.Value)...)).Block(part())
			case e.Optional:
				g.If(jen.Op("!").Add(p).Dot("At").Call(texts(v.Ends(i))...)).Block(part())
			default:
				if e.After != "" {
					g.Add(p.Dot("Fixed").Call(jen.Lit(e.After)))
				}
				if e.Field != "" {
					g.Add(part())
				}
			}
		}
		g.If(jen.Err().Op(":=").Id("p").Dot("End").Call(), jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Id(v.Type).Values(), jen.Err()))
		if check { // a part depends on one behind it: what writes the value knows whether they fit
			g.If(jen.List(jen.Id("_"), jen.Err()).Op(":=").Id("append"+v.Type).Call(jen.Nil(), jen.Id("v")), jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Id(v.Type).Values(), jen.Err()))
		}
		g.Return(jen.Id("v"), jen.Nil())
	})
}

// readPart reads one part of a sequence, up to where the next one begins.
func (pr *printer) readPart(v *plan.Value, i int) jen.Code {
	e := v.Elems[i]
	self := i+1 < len(v.Elems) && v.Elems[i+1].After == "" // it ends by what it is
	read := func(x *plan.Value) jen.Code {
		into := jen.Id("v").Dot(e.Field).Op("=")
		p := jen.Op("&").Id("p")
		switch {
		case self && x.Kind == "choice":
			return into.Add(engine("ParseWordPart")).Types(goType(x)).Call(words(x, p, jen.Lit(e.Name))...)
		case self:
			return into.Add(engine("ParseDigitsPart")).Call(p, jen.Lit(e.Name), reader(x))
		}
		return into.Add(engine("ParsePart")).Call(append([]jen.Code{p, jen.Lit(e.Name), reader(x)}, texts(v.Ends(i))...)...)
	}
	if v.Ahead(i) {
		return read(e.Value.Else)
	}
	return pr.depending(e, jen.Id("v"), read)
}

func texts(list []string) []jen.Code {
	out := make([]jen.Code, len(list))
	for i, t := range list {
		out[i] = jen.Lit(t)
	}
	return out
}

// pairsWriter and pairsReader are functions of a line: pairs are arguments with
// spaces between.
func (pr *printer) pairsWriter(f *jen.File, v *plan.Value) {
	f.Line()
	f.Func().Id("encode"+v.Type).Params(jen.Id("l").Op("*").Add(engine("Line")), jen.Id("v").Op("*").Id(v.Type)).BlockFunc(func(g *jen.Group) {
		if v.Offered {
			g.Id("l").Dot("OfferedPairs").Call()
		}
		for _, e := range v.Elems {
			x := jen.Id("v").Dot(e.Field)
			g.If(isSet(e.Value, x.Clone())).Block(engine("AppendPair").Call(jen.Id("l"), jen.Lit(e.Name), x, writer(e.Value)))
		}
	})
}

func (pr *printer) pairsReader(f *jen.File, v *plan.Value) {
	names := make([]jen.Code, len(v.Elems))
	for i, e := range v.Elems {
		names[i] = jen.Lit(e.Name)
	}
	f.Line()
	f.Func().Id("parse"+v.Type).Params(jen.Id("a").Op("*").Add(engine("Args"))).Params(jen.Id("v").Id(v.Type)).Block(
		jen.For(jen.Id("a").Dot("More").Call()).Block(
			jen.Switch(jen.Id("a").Dot("Pair").Call(names...)).BlockFunc(func(g *jen.Group) {
				for i, e := range v.Elems {
					g.Case(jen.Lit(i)).Block(jen.Id("v").Dot(e.Field).Op("=").Add(engine("ParsePair")).Call(jen.Id("a"), jen.Lit(e.Name), reader(e.Value)))
				}
			}),
		),
		jen.Return(jen.Id("v")),
	)
}

// form shows the form of a sequence: "<seconds> \";\" <mode> [<trace>]".
func form(v *plan.Value) string {
	var parts []string
	for _, e := range v.Elems {
		var text []string
		if e.After != "" {
			text = append(text, `"`+e.After+`"`)
		}
		if e.Field != "" {
			text = append(text, "<"+e.Name+">")
		}
		part := strings.Join(text, " ")
		if e.Optional {
			part = "[" + part + "]"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}
