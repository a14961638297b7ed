package print

import (
	"strings"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// lines writes a composite literal with one element a line.
var lines = jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}

// table writes the compiled table: always whole, whoever defines its parts.
func (pr *printer) table(f *jen.File) bool {
	p := pr.p
	text := "Table is " + p.Name + " as compiled from the protocol table and its extensions"
	if e := pr.extensionNames(); e != "" {
		text += ": " + e
	}
	for _, line := range wrap(text + ". Sessions share it; it is never changed.") {
		f.Comment(line)
	}
	fs := fields{}
	fs.add("Version", jen.Lit(plan.Version))
	fs.add("Name", jen.Lit(p.Name))
	fs.when(!p.Start.Own, "Base", engine("Table"))
	fs.add("Start", stateRef(p.Start))
	fs.add("Finish", stateRef(p.Finish))
	fs.add("States", jen.Index().Add(engine("StateInfo")).Custom(lines, each(p.States, pr.stateInfo)...))
	fs.add("Facts", jen.Index().Add(engine("FactInfo")).Custom(lines, each(p.Facts, pr.factInfo)...))
	fs.add("Commands", jen.Index().Add(engine("CommandInfo")).Custom(lines, append([]jen.Code{jen.Values()}, each(p.Commands, pr.commandInfo)...)...))
	fs.add("Keywords", jen.Index().Add(engine("KeywordInfo")).Custom(lines, append([]jen.Code{jen.Values()}, each(p.Keywords, pr.keywordInfo)...)...))
	fs.add("Params", jen.Index().Add(engine("ParamInfo")).Custom(lines, append([]jen.Code{jen.Values()}, each(p.Params, pr.paramInfo)...)...))
	for _, r := range p.Server {
		fs.add(r.Field, engine("ServerReply").Values(
			jen.Id("Code").Op(":").Lit(r.Code),
			jen.Id("Enhanced").Op(":").Add(engine("EnhancedCode")).Values(jen.Lit(r.Enhanced[0]), jen.Lit(r.Enhanced[1]), jen.Lit(r.Enhanced[2])),
			jen.Id("Text").Op(":").Lit(r.Text),
		))
	}
	f.Var().Id("Table").Op("=").Add(engine("Compile")).Call(engine("Protocol").Custom(lines, fs...))
	return true
}

func (pr *printer) extensionNames() string {
	var names []string
	for _, e := range pr.p.Table.Extensions {
		names = append(names, e.Name.Text)
	}
	return join(names, "and")
}

func each[T any](list []T, print func(T) *jen.Statement) []jen.Code {
	out := make([]jen.Code, len(list))
	for i, x := range list {
		out[i] = print(x)
	}
	return out
}

// under puts a comment on a line of its own above an element. Both are one
// item of the list: a comment that is an item swallows the comma.
func under(comment string, element *jen.Statement) *jen.Statement {
	return jen.Comment(comment).Line().Add(element)
}

func (pr *printer) stateInfo(s *plan.State) *jen.Statement {
	fs := fields{}
	fs.add("Name", jen.Lit(s.Name))
	fs.add("RFC", jen.Lit(s.RFC))
	fs.add("Awaits", engine(awaits[s.Awaits]))
	fs.when(s.Home, "Home", jen.True())
	if s.Then != nil {
		fs.add("Then", stateRef(s.Then))
		fs.when(s.Set != 0, "Set", pr.factMask(s.Set))
	}
	return under("state "+s.Name+", "+s.RFC, jen.Values(fs...))
}

var awaits = map[string]string{
	"command": "AwaitCommand", "reply": "AwaitReply", "content": "AwaitContent",
	"line": "AwaitLine", "tls": "AwaitTLS", "nothing": "AwaitNothing",
}

func (pr *printer) factInfo(x *plan.Fact) *jen.Statement {
	fs := fields{}
	fs.add("Name", jen.Lit(x.Name))
	fs.add("RFC", jen.Lit(x.RFC))
	fs.when(x.Role != "", "Role", engine(x.Role))
	fs.add("Scope", engine(scopes[x.Scope]))
	fs.when(x.Fixed, "Fixed", jen.True())
	fs.when(x.Refuse != 0, "Refuse", jen.Lit(x.Refuse))
	return under("fact "+x.Name+", "+x.RFC, jen.Values(fs...))
}

var scopes = map[string]string{
	"": "ScopeConnection", "connection": "ScopeConnection", "session": "ScopeSession", "transaction": "ScopeTransaction",
}

func (pr *printer) commandInfo(c *plan.Command) *jen.Statement {
	fs := fields{}
	fs.add("Name", jen.Lit(c.Name))
	fs.when(c.Verb != "", "Verb", jen.Lit(c.Verb))
	fs.when(c.Tail != "", "Tail", jen.Lit(c.Tail))
	fs.add("RFC", jen.Lit(c.RFC))
	fs.when(c.Role != "", "Role", engine(c.Role))
	fs.when(c.Line, "Line", jen.True())
	fs.when(c.Secret, "Secret", jen.True())
	if c.Payload != "" {
		fs.add("Payload", engine(payloads[c.Payload]))
	}
	fs.add("Group", engine(groups[c.Group]))
	fs.add("In", pr.stateMask(c.In))
	fs.when(c.Needs != 0, "Needs", pr.factMask(c.Needs))
	fs.when(c.Forbids != 0, "Forbids", pr.factMask(c.Forbids))
	if c.Keyword != nil {
		fs.add("Keyword", keywordRef(c.Keyword))
	}
	fs.add("Assume", target(c.Assume))
	fs.when(c.Count != 0, "Count", pr.factMask(c.Count))
	fs.when(c.Counted, "Counted", jen.True())
	fs.when(c.Alone, "Alone", jen.True())
	fs.when(c.Timeout > 0, "Timeout", duration(c.Timeout))
	fs.when(c.Block > 0, "Block", duration(c.Block))
	fs.add("Replies", pr.rows(c.Replies))
	fs.add("Late", pr.rows(c.Late))
	if c.Line {
		fs.add("Check", jen.Func().Params(jen.Id("a").Op("*").Add(engine("Args"))).Block(
			jen.Var().Id("c").Add(ref(c.Own, c.Go)),
			jen.Id("c").Dot("Parse").Call(jen.Id("a")),
		))
	}
	return under(c.Name+", "+c.RFC, jen.Custom(lines, fs...))
}

var payloads = map[string]string{"dot": "PayloadDot", "octets": "PayloadOctets"}

var groups = map[string]string{
	"anywhere": "GroupAnywhere", "last": "GroupLast", "last-unless-final": "GroupLastUnlessFinal",
}

func target(t plan.Target) *jen.Statement {
	switch {
	case t.Home:
		return engine("TargetHome")
	case t.State == nil:
		return engine("TargetSame")
	}
	return engine("Target").Call(stateRef(t.State))
}

func duration(d time.Duration) *jen.Statement {
	unit, name := time.Duration(1), "Nanosecond"
	switch {
	case d%time.Hour == 0:
		unit, name = time.Hour, "Hour"
	case d%time.Minute == 0:
		unit, name = time.Minute, "Minute"
	case d%time.Second == 0:
		unit, name = time.Second, "Second"
	case d%time.Millisecond == 0:
		unit, name = time.Millisecond, "Millisecond"
	}
	return jen.Lit(int(d/unit)).Op("*").Qual("time", name)
}

func (pr *printer) rows(rows []*plan.Row) *jen.Statement {
	return jen.Index().Add(engine("Row")).Custom(lines, each(rows, pr.row)...)
}

func (pr *printer) row(r *plan.Row) *jen.Statement {
	fs := fields{}
	fs.add("Min", jen.Lit(r.Min))
	fs.add("Max", jen.Lit(r.Max))
	fs.when(r.From != 0, "From", pr.stateMask(r.From))
	fs.when(r.If != 0, "If", pr.factMask(r.If))
	if !r.Violation {
		fs.add("To", target(r.To))
	}
	fs.when(r.Set != 0, "Set", pr.factMask(r.Set))
	fs.when(r.Clear != 0, "Clear", pr.factMask(r.Clear))
	if len(r.Do) > 0 {
		do := jen.Null()
		for i, d := range r.Do {
			if i > 0 {
				do = do.Op("|")
			}
			do = do.Add(engine(effectName(d)))
		}
		fs.add("Do", do)
	}
	fs.when(r.Violation, "Violation", jen.True())
	fs.when(r.Unlisted, "Unlisted", jen.True())
	fs.add("RFC", jen.Lit(r.RFC))
	return under(rowKey(r)+", "+r.RFC, jen.Values(fs...))
}

// rowKey says which row of the table it is.
func rowKey(r *plan.Row) string {
	key := r.List + " " + r.Code
	if r.Like != "" {
		key += ", like " + r.Like
	}
	return key
}

// effectName is the name in package smtp of an effect: one that it does not
// have does not compile.
func effectName(do string) string {
	name := "Effect"
	for part := range strings.SplitSeq(do, "-") {
		name += strings.ToUpper(part[:1]) + part[1:]
	}
	return name
}

func (pr *printer) keywordInfo(k *plan.Keyword) *jen.Statement {
	fs := fields{}
	fs.add("Name", jen.Lit(k.Name))
	fs.add("Extension", jen.Lit(k.Ext))
	fs.add("RFC", jen.Lit(k.RFC))
	fs.when(k.Role != "", "Role", engine(k.Role))
	fs.when(k.Asked, "Asked", jen.True())
	fs.add("Check", jen.Func().Params(jen.Id("a").Op("*").Add(engine("Args"))).Block(ref(k.Own, k.Go+"Keyword").Dot("Parse").Call(jen.Id("a"))))
	if len(k.Limits) > 0 {
		values := fields{}
		for _, l := range k.Limits {
			values.add(l.Of, jen.Id("v").Dot(l.Field))
		}
		fs.add("Limits", jen.Func().Params(jen.Id("a").Op("*").Add(engine("Args"))).Add(engine("Allowance")).Block(
			jen.Id("v").Op(":=").Add(ref(k.Own, k.Go+"Keyword")).Dot("Parse").Call(jen.Id("a")),
			jen.Return(engine("Allowance").Values(values...)),
		))
	}
	return under("keyword "+k.Name+", "+k.RFC, jen.Custom(lines, fs...))
}

// within is the function that compares a parameter with an argument of its keyword.
func within(q *plan.Param) *jen.Statement {
	most := jen.Id("offer")
	if countFields(q.Keyword.Args) > 1 {
		most = most.Dot(q.Within.Field)
	}
	bound := jen.Add(most.Clone()).Op("==").Lit(0).Op("||").Id("v").Op("<=").Add(most.Clone())
	if q.Within.Type == "time.Time" {
		bound = jen.Add(most.Clone()).Dot("IsZero").Call().Op("||").Op("!").Id("v").Dot("After").Call(most.Clone())
	}
	return jen.Func().Params(jen.Id("a").Op("*").Add(engine("Args")), jen.Id("b").Index().Byte()).Bool().Block(
		jen.Id("offer").Op(":=").Add(ref(q.Keyword.Own, q.Keyword.Go+"Keyword")).Dot("Parse").Call(jen.Id("a")),
		jen.List(jen.Id("v"), jen.Err()).Op(":=").Add(ref(q.Own, q.Go)).Dot("Parse").Call(jen.Id("b")),
		jen.Return(jen.Id("a").Dot("Err").Call().Op("!=").Nil().Op("||").Err().Op("!=").Nil().Op("||").Add(bound)),
	)
}

func (pr *printer) paramInfo(q *plan.Param) *jen.Statement {
	fs := fields{}
	fs.add("Name", jen.Lit(q.Name))
	fs.add("RFC", jen.Lit(q.RFC))
	fs.when(q.Role != "", "Role", engine(q.Role))
	fs.add("Of", jen.Index().Add(engine("Op")).Values(each(q.Of, opRef)...))
	if q.Keyword != nil {
		fs.add("Keyword", keywordRef(q.Keyword))
	}
	fs.when(q.Needs != 0, "Needs", pr.factMask(q.Needs))
	fs.when(q.Set != 0, "Set", pr.factMask(q.Set))
	if len(q.Beside) > 0 {
		fs.add("Beside", jen.Index().Add(engine("Param")).Values(each(q.Beside, paramRef)...))
	}
	if len(q.Apart) > 0 {
		fs.add("Apart", jen.Index().Add(engine("Param")).Values(each(q.Apart, paramRef)...))
	}
	fs.when(q.Most > 0, "Most", jen.Lit(q.Most))
	fs.when(q.Kind != "none", "Value", jen.True())
	if q.Kind == "choice" {
		values := make([]jen.Code, len(q.Choices))
		for i, c := range q.Choices {
			vs := fields{}
			vs.add("Word", jen.Lit(c.Word))
			vs.when(c.Role != "", "Role", engine(c.Role))
			if c.Keyword != nil {
				vs.add("Keyword", keywordRef(c.Keyword))
			}
			vs.when(c.Set != 0, "Set", pr.factMask(c.Set))
			values[i] = under("value "+q.Name+"="+c.Word, jen.Values(vs...))
		}
		fs.add("Values", jen.Index().Add(engine("ValueInfo")).Custom(lines, values...))
	} else if q.Kind != "none" {
		fs.add("Check", jen.Func().Params(jen.Id("b").Index().Byte()).Error().Block(
			jen.List(jen.Id("_"), jen.Err()).Op(":=").Add(ref(q.Own, q.Go)).Dot("Parse").Call(jen.Id("b")),
			jen.Return(jen.Err()),
		))
	}
	if q.Within != nil {
		fs.add("Within", within(q))
	}
	return under("parameter "+q.Name+" of "+commandNames(q.Of)+", "+q.RFC, jen.Custom(lines, fs...))
}
