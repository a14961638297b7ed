package table

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

func atoi(s string) (int, error) { return strconv.Atoi(s) }

func (r *reader) command(e entry) *Command {
	o := r.object(e.value, kindCommand, e.name.Pos)
	c := &Command{Name: e.name, Ext: r.ext, Cite: r.citation(o)}
	c.Verb = r.text(o.get("verb"), "verb")
	c.Type = r.goType(o.get("type"))
	c.Args = r.args(o.get("args"), argKinds)
	if n := o.get("payload"); n != nil {
		c.Payload = r.oneOf(n, "payload", payloadWords).Text
	}
	if n := o.get("role"); n != nil {
		c.Role = r.oneOf(n, "the role of a command", commandRoles)
	}
	c.In = r.words(o.need("in"), "in")
	c.UnlessIn = r.words(o.get("unless-in"), "unless-in")
	c.Needs = r.words(o.get("needs"), "needs")
	c.Forbids = r.words(o.get("forbids"), "forbids")
	if n := o.need("group"); n != nil {
		c.Group = r.oneOf(n, "group", groupWords).Text
	}
	c.Assume, _ = r.word(o.get("assume"), "assume")
	c.Timeout = r.duration(o.need("timeout"), "timeout")
	c.Block = r.duration(o.get("block"), "block")
	r.count(o, c)
	c.Replies = r.rows(o.need("replies"))
	c.Late = r.rows(o.get("late"))
	return c
}

// count reads the keys of a command, or of an entry of extend, that say how
// many replies it gets.
func (r *reader) count(o object, c *Command) {
	if n := o.get("count"); n != nil {
		if r.oneOf(n, "count", countWords).Text != "" {
			c.Count, c.countAt = true, r.pos(n)
		}
	}
	for _, key := range []string{"if", "alone"} {
		if n := o.get(key); n != nil && o.get("count") == nil {
			r.add(r.pos(n), "value", "%q says when there is a reply for each recipient, and has no meaning without count: recipients", key)
		}
	}
	c.CountIf = append(c.CountIf, r.words(o.get("if"), "if")...)
	if n := o.get("alone"); n != nil {
		c.Alone = r.boolean(n, "alone")
	}
}

func (r *reader) duration(n *yaml.Node, what string) string {
	w, ok := r.word(n, what)
	if !ok {
		return ""
	}
	if d, err := time.ParseDuration(w.Text); err != nil || d <= 0 {
		r.add(w.Pos, "value", "%s has to be a time above zero with its unit, such as 5m or 30s, not %q", what, w.Text)
	}
	return w.Text
}

var codePattern = regexp.MustCompile(`^[1-5](yz|[0-9][0-9])$`)

func (r *reader) rows(n *yaml.Node) []*Row {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.wrongKind(n, "what holds rows", "a list of rows, - {code: …, to: …, rfc: …}")
		return nil
	}
	var rows []*Row
	for _, item := range n.Content {
		if row := r.row(item); row != nil {
			rows = append(rows, row)
		}
	}
	return rows
}

func (r *reader) row(n *yaml.Node) *Row {
	pos := r.pos(n)
	if n.Kind != yaml.MappingNode {
		r.wrongKind(n, "a row", "a mapping, {code: …, to: …, rfc: …}")
		return nil
	}
	o := r.object(n, kindRow, pos)
	row := &Row{Pos: pos, Ext: r.ext, Cite: r.citation(o)}
	for _, code := range r.words(o.need("code"), "code") {
		if !codePattern.MatchString(code.Text) {
			r.add(code.Pos, "value", "%q is no code; say three digits, such as 250, or a class, such as 2yz", code.Text)
			continue
		}
		row.Codes = append(row.Codes, code)
	}
	row.From = r.words(o.get("from"), "from")
	row.If = r.words(o.get("if"), "if")
	if n := o.get("like"); n != nil {
		row.Like = r.oneOf(n, "like", classWords)
	}
	row.To, _ = r.word(o.get("to"), "to")
	row.Set = r.words(o.get("set"), "set")
	row.Clear = r.words(o.get("clear"), "clear")
	row.Do = r.words(o.get("do"), "do")
	for _, e := range row.Do {
		if !contains(effectWords, e.Text) {
			r.add(e.Pos, "undefined", "there is no effect %q%s", e.Text, didYouMean(e.Text, effectWords))
		}
	}
	if n := o.get("violation"); n != nil {
		row.Violation = r.boolean(n, "violation")
	}
	if n := o.get("unlisted"); n != nil {
		row.Unlisted = r.boolean(n, "unlisted")
	}
	r.outcome(row)
	return row
}

// outcome holds that a row says one thing.
func (r *reader) outcome(row *Row) {
	said := 0
	for _, b := range []bool{row.To.Text != "", row.Like.Text != "", row.Violation} {
		if b {
			said++
		}
	}
	switch {
	case said == 0:
		r.add(row.Pos, "missing-key", "a row needs to (the state that the reply leads to, same or home), like (a class) or violation: true")
	case said > 1:
		r.add(row.Pos, "value", "a row has one of to, like and violation; leave one")
	case row.Violation && len(row.Set)+len(row.Clear)+len(row.Do) > 0:
		r.add(row.Pos, "value", "what the peer may not say has no effects; leave out set, clear and do, or violation")
	}
}

func (r *reader) keyword(n *yaml.Node) *Keyword {
	pos := r.pos(n)
	if n.Kind == yaml.ScalarNode {
		if n.Value != "none" {
			r.wrongKind(n, "keyword", "{} (named as the extension), none (no EHLO keyword), or a mapping")
		}
		return nil
	}
	o := r.object(n, kindKeyword, pos)
	k := &Keyword{Name: r.ext.Name, Ext: r.ext, Cite: r.ext.Cite}
	if n := o.get("name"); n != nil {
		k.Name, _ = r.word(n, "name")
	}
	if o.get("rfc") != nil || o.get("cite") != nil {
		k.Cite = r.citation(o)
	}
	k.Type = r.goType(o.get("type"))
	if n := o.get("role"); n != nil {
		k.Role = r.oneOf(n, "the role of a keyword", keywordRoles)
	}
	k.Args = r.args(o.get("args"), keywordKinds)
	r.limits(o.get("limits"), k)
	if n := o.get("offer"); n != nil {
		k.Asked = r.oneOf(n, "offer", offerWords).Text == "asked"
	}
	return k
}

// limits reads which of the pairs behind a keyword limit what a client may do.
func (r *reader) limits(n *yaml.Node, k *Keyword) {
	if n == nil {
		return
	}
	k.Limits = map[string]Name{}
	for _, e := range r.entries(n, "limits") {
		if !contains(limitWords, e.name.Text) {
			r.add(e.name.Pos, "value", "there is no limit %q; expected one of %s%s", e.name.Text, strings.Join(limitWords, ", "), didYouMean(e.name.Text, limitWords))
			continue
		}
		w, ok := r.word(e.value, "a limit")
		if ok && !isCount(k.Args, w.Text) {
			r.add(w.Pos, "undefined", "expected a name of the keyword's pairs whose value is an integer of 0 or more, got %q", w.Text)
		}
		k.Limits[e.name.Text] = w
	}
}

// isCount reports whether a name stands among the pairs of a keyword, with a
// number that is not negative behind it.
func isCount(args []*Arg, name string) bool {
	for _, a := range args {
		for _, e := range a.Value.Elems {
			if a.Value.Kind == "pairs" && len(args) == 1 && e.Name.Text == name {
				return e.Value.Kind == "integer" && (e.Value.Range == nil || e.Value.Range.Min >= 0)
			}
		}
	}
	return false
}

func (r *reader) param(e entry) *Param {
	o := r.object(e.value, kindParam, e.name.Pos)
	p := &Param{Name: e.name, Ext: r.ext, Cite: r.citation(o)}
	p.Of = r.words(o.need("of"), "of")
	p.Type = r.goType(o.get("type"))
	if n := o.get("role"); n != nil {
		p.Role = r.oneOf(n, "the role of a parameter", paramRoles)
	}
	if n := o.need("value"); n != nil {
		p.Value = r.value(n, paramKinds)
		r.separated(&p.Value)
	}
	p.Set = r.words(o.get("set"), "set")
	p.Needs = r.words(o.get("needs"), "needs")
	p.With = r.text(o.get("with"), "with")
	p.Beside = r.words(o.get("beside"), "beside")
	p.Apart = r.words(o.get("apart"), "apart")
	if n := o.get("most"); n != nil {
		p.Most = r.integer(n, "most", 1, 65535)
	}
	if n := o.get("within"); n != nil {
		p.Within, _ = r.word(n, "within")
	}
	return p
}

var typePattern = regexp.MustCompile(`^[A-Z0-9][A-Za-z0-9]*$`)

// goType reads the name that a definition has in Go.
func (r *reader) goType(n *yaml.Node) string {
	w, ok := r.word(n, "type")
	if ok && !typePattern.MatchString(w.Text) {
		r.add(w.Pos, "go-name", "%q can't be a name in Go; begin with a capital letter and use letters and digits alone, such as StartTLS", w.Text)
		return ""
	}
	return w.Text
}
