package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A reader turns the YAML of one file into words with places.
type reader struct {
	*report
	file string
	rfc  string     // the file's RFC, such as "5321"; empty: it names another document
	cite string     // that other document
	ext  *Extension // nil: the base table
}

// parse gives the root of the file, nil if it can't be read.
func (r *reader) parse(data []byte) *yaml.Node {
	var docs []*yaml.Node
	for dec := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if err == io.EOF {
			break
		}
		if err != nil {
			r.syntax(data, err)
			return nil
		}
		if doc.Kind == yaml.DocumentNode && len(doc.Content) > 0 {
			docs = append(docs, doc.Content[0])
		}
		if len(docs) == 2 {
			r.add(r.pos(docs[1]), "syntax", "a second document begins here, and a file is one; make two files, or take out the line ---")
			return nil
		}
	}
	if len(docs) == 0 {
		r.add(Pos{r.file, 1, 1}, "syntax", "the file is empty; docs/table.md has a sample to begin with")
		return nil
	}
	return docs[0]
}

func (r *reader) syntax(data []byte, err error) {
	pos := Pos{r.file, 1, 1}
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	var le *yaml.LoadError
	if errors.As(err, &le) {
		msg = le.Message
		mark := le.Mark
		switch {
		case mark.Line > 0:
			pos.Line, pos.Col = mark.Line, max(mark.Column, 1)
		case mark.Index > 0 && mark.Index <= len(data): // the stage that decodes characters counts octets only
			before := data[:mark.Index]
			pos.Line = bytes.Count(before, []byte("\n")) + 1
			pos.Col = mark.Index - bytes.LastIndexByte(before, '\n')
		}
	}
	r.add(pos, "syntax", "this is not YAML: %s%s", msg, slip(data, pos, msg))
}

// slip says what is wrong in the line at pos where that is one of two common
// mistakes, of which the message of the reader of YAML says little.
func slip(data []byte, pos Pos, msg string) string {
	lines := bytes.Split(data, []byte("\n"))
	if pos.Line > len(lines) {
		return ""
	}
	line := lines[pos.Line-1]
	switch indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]; {
	case bytes.IndexByte(indent, '\t') >= 0:
		return "; the line is indented with a tab, and YAML takes spaces alone"
	case strings.Contains(msg, "mapping values are not allowed") && bytes.Count(line, []byte(": ")) > 1:
		return `; a text with a colon and a space in it stands in quotes: about: "a courier: he comes"`
	}
	return ""
}

func (r *reader) pos(n *yaml.Node) Pos { return Pos{r.file, max(n.Line, 1), max(n.Column, 1)} }

// An object is a mapping with a closed list of keys.
type object struct {
	r      *reader
	what   string
	pos    Pos
	values map[string]*yaml.Node
	broken bool // it is no mapping; nothing is said about what it lacks
}

// object reads a mapping; what is wrong with its keys is reported, and the
// rest is used. pos is that of the key before it, for what is missing.
func (r *reader) object(n *yaml.Node, kind string, pos Pos) object {
	o := object{r: r, what: kind, pos: pos, values: map[string]*yaml.Node{}, broken: n == nil || n.Kind != yaml.MappingNode}
	for _, e := range r.entries(n, kind) {
		if !slices.Contains(keysOf[kind], e.name.Text) {
			r.add(e.name.Pos, "unknown-key", "%s has no key %q%s", kind, e.name.Text, didYouMean(e.name.Text, keysOf[kind]))
			continue
		}
		o.values[e.name.Text] = e.value
	}
	return o
}

// get is the value of a key, nil if it is not there.
func (o object) get(key string) *yaml.Node { return o.values[key] }

// need is the value of a key that may not be left out.
func (o object) need(key string) *yaml.Node {
	n := o.values[key]
	if n == nil && !o.broken {
		o.r.add(o.pos, "missing-key", "%s needs the key %q", o.what, key)
	}
	return n
}

type entry struct {
	name  Name
	value *yaml.Node
}

// entries reads a mapping whose keys are names. A name that is there twice is
// reported and dropped.
func (r *reader) entries(n *yaml.Node, what string) []entry {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.wrongKind(n, what, "a mapping {key: value}")
		return nil
	}
	var list []entry
	first := map[string]Pos{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, ok := r.word(n.Content[i], "a key of "+what)
		if !ok {
			continue
		}
		if pos, dup := first[name.Text]; dup {
			r.add(name.Pos, "duplicate", "%q stands in %s twice, first at %s; leave one", name.Text, what, pos)
			continue
		}
		first[name.Text] = name.Pos
		list = append(list, entry{name, n.Content[i+1]})
	}
	return list
}

// items reads a list; a single value counts as a list of one.
func (r *reader) items(n *yaml.Node) []*yaml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	}
	return []*yaml.Node{n}
}

// word reads a scalar with its place.
func (r *reader) word(n *yaml.Node, what string) (Name, bool) {
	if n == nil {
		return Name{}, false
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.wrongKind(n, what, "a word")
		return Name{}, false
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		switch strings.ToLower(n.Value) {
		case "on", "off", "yes", "no":
			r.add(r.pos(n), "bare-word", "%q is a truth value to some readers of YAML; put it in quotes, or say true or false", n.Value)
		}
	}
	if n.Value == "" {
		r.add(r.pos(n), "type", "%s is empty; say it, or leave the key out", what)
		return Name{}, false
	}
	return Name{n.Value, r.pos(n)}, true
}

// words reads a word or a list of words.
func (r *reader) words(n *yaml.Node, what string) []Name {
	var list []Name
	for _, item := range r.items(n) {
		if w, ok := r.word(item, what); ok {
			if i := slices.IndexFunc(list, func(o Name) bool { return o.Text == w.Text }); i >= 0 {
				r.add(w.Pos, "duplicate", "%q stands in %s twice; leave one", w.Text, what)
				continue
			}
			list = append(list, w)
		}
	}
	return list
}

// text is a word without its place.
func (r *reader) text(n *yaml.Node, what string) string {
	w, _ := r.word(n, what)
	return w.Text
}

// oneOf reads a word of a closed list.
func (r *reader) oneOf(n *yaml.Node, what string, list []string) Name {
	w, ok := r.word(n, what)
	if ok && !slices.Contains(list, w.Text) {
		r.add(w.Pos, "value", "%s can't be %q%s", what, w.Text, didYouMean(w.Text, list))
		return Name{}
	}
	return w
}

func (r *reader) boolean(n *yaml.Node, what string) bool {
	w, ok := r.word(n, what)
	if ok && w.Text != "true" && w.Text != "false" {
		r.add(w.Pos, "type", "%s has to be true or false, not %q", what, w.Text)
	}
	return w.Text == "true"
}

func (r *reader) integer(n *yaml.Node, what string, low, high int) int {
	w, ok := r.word(n, what)
	if !ok {
		return 0
	}
	v, err := strconv.Atoi(w.Text)
	if err != nil || v < low || v > high || strconv.Itoa(v) != w.Text {
		r.add(w.Pos, "value", "%s has to be a number from %d to %d, not %q", what, low, high, w.Text)
		return 0
	}
	return v
}

func (r *reader) wrongKind(n *yaml.Node, what, want string) {
	got := "something else"
	switch n.Kind {
	case yaml.MappingNode:
		got = "a mapping"
	case yaml.SequenceNode:
		got = "a list"
	case yaml.ScalarNode:
		got = fmt.Sprintf("%q", n.Value)
		if n.Tag == "!!null" {
			got = "nothing"
		}
	case yaml.AliasNode:
		got = "an alias; write it out"
	}
	r.add(r.pos(n), "type", "%s has to be %s, not %s", what, want, got)
}

var (
	citePattern = regexp.MustCompile(`^(?:([1-9][0-9]{0,4}) )?§([0-9A-Z][0-9A-Za-z.]*)$`)
	rfcPattern  = regexp.MustCompile(`^[1-9][0-9]{0,4}$`)
)

// citation reads the authority of what stands in o: "§4.1" of the file's RFC,
// "2920 §3.1" of another, or as `cite` free text, or "§3" of the document that
// the file names by its own `cite`.
func (r *reader) citation(o object) Cite {
	if n := o.get("cite"); n != nil {
		w, _ := r.word(n, "cite")
		if o.get("rfc") != nil {
			r.add(w.Pos, "citation", "%s has both rfc and cite; leave one", o.what)
		}
		if strings.HasPrefix(w.Text, "§") && r.cite != "" { // a section of the file's own document
			return Cite{r.cite + " " + w.Text, w.Pos}
		}
		return Cite{RFC: w.Text, Pos: w.Pos}
	}
	n := o.get("rfc")
	if n == nil && !o.broken {
		return Cite{Pos: o.pos}
	}
	w, ok := r.word(n, "rfc")
	if !ok {
		return Cite{RFC: "?", Pos: o.pos}
	}
	if rfcPattern.MatchString(w.Text) {
		return Cite{"RFC " + w.Text, w.Pos}
	}
	m := citePattern.FindStringSubmatch(w.Text)
	switch {
	case m == nil:
		r.add(w.Pos, "citation", `%q is no citation; say "§4.1" for a section of the file's RFC, "2920 §3.1" for one of another, or use cite for what is no RFC`, w.Text)
	case m[1] != "":
		return Cite{"RFC " + m[1] + " §" + m[2], w.Pos}
	case r.rfc == "":
		r.add(w.Pos, "citation", `%q needs the number of an RFC, as in "5321 §4.1", since this file has no rfc of its own`, w.Text)
	default:
		return Cite{"RFC " + r.rfc + " §" + m[2], w.Pos}
	}
	return Cite{RFC: "?", Pos: w.Pos}
}

// notNames says which of the names of a part is more likely a key of it.
func notNames(named []entry) string {
	for _, e := range named {
		for _, key := range []string{"after", "fixed", "optional"} {
			if distance(e.name.Text, key) < 3 {
				return fmt.Sprintf("; is %q meant for %q?", e.name.Text, key)
			}
		}
	}
	return ""
}
