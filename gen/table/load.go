package table

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A File is one extension file of a user. Name is what problems call it.
type File struct {
	Name string
	Data []byte
}

// Load reads the base table, states.yaml and extensions/*.yaml of base, then
// the files of a user in their order, and checks the whole. It finds all
// problems in one run; the table is nil if there is one. Problems name the
// files of base spec/NAME.
func Load(base fs.FS, files ...File) (*Table, Problems) {
	l := &loader{report: &report{}, t: &Table{}}
	l.loadBase(base)
	for _, f := range files {
		l.loadExtension(f, false)
	}
	l.join()
	if l.readable() {
		check(l.t, l.report)
	}
	if len(l.problems) > 0 {
		return nil, l.sorted()
	}
	return l.t, nil
}

// A loader fills a table: first the definitions of every file, then what the
// files add to definitions of others.
type loader struct {
	*report
	t     *Table
	joins []func() // what files add to others
}

func (l *loader) loadBase(base fs.FS) {
	const states = "states.yaml"
	data, err := fs.ReadFile(base, states)
	if err != nil {
		l.add(Pos{path.Join("spec", states), 1, 1}, "syntax", "can't read the base table: %v", err)
		return
	}
	l.loadStates(File{path.Join("spec", states), data})
	names, err := fs.Glob(base, "extensions/*.yaml")
	if err != nil {
		l.add(Pos{"spec/extensions", 1, 1}, "syntax", "can't list the extensions: %v", err)
	}
	slices.Sort(names)
	for _, name := range names {
		data, err := fs.ReadFile(base, name)
		if err != nil {
			l.add(Pos{path.Join("spec", name), 1, 1}, "syntax", "can't read the file: %v", err)
			continue
		}
		l.loadExtension(File{path.Join("spec", name), data}, true)
	}
}

func (l *loader) loadStates(f File) {
	r := &reader{report: l.report, file: f.Name}
	root := r.parse(f.Data)
	if root == nil {
		return
	}
	o := r.object(root, kindBase, Pos{f.Name, 1, 1})
	r.rfc = "?" // said to be missing already
	if n := o.need("rfc"); n != nil {
		r.rfc = r.number(n)
	}
	l.t.Protocol, _ = r.word(o.need("protocol"), "protocol")
	l.t.Start, _ = r.word(o.need("start"), "start")
	l.t.Finish, _ = r.word(o.need("finish"), "finish")
	l.definitions(r, o)
	l.t.Common = r.rows(o.need("common"))
	l.t.Late = r.rows(o.need("late"))
	l.t.Server = r.server(o.need("server"), o.pos)
}

// number reads the number of an RFC that a whole file is about.
func (r *reader) number(n *yaml.Node) string {
	w, ok := r.word(n, "rfc")
	if ok && !rfcPattern.MatchString(w.Text) {
		r.add(w.Pos, "citation", "the rfc of a file is a number alone, such as 5321, not %q", w.Text)
		return "?"
	}
	return w.Text
}

func (l *loader) loadExtension(f File, base bool) {
	r := &reader{report: l.report, file: f.Name}
	root := r.parse(f.Data)
	if root == nil {
		return
	}
	ext := &Extension{Base: base, File: f.Name}
	r.ext = ext
	o := r.object(root, kindExtension, Pos{f.Name, 1, 1})
	ext.Name, _ = r.word(o.need("extension"), "extension")
	r.fileCitation(o)
	if n := o.get("about"); n != nil {
		ext.About = r.text(n, "about")
	}
	ext.Requires = r.words(o.get("requires"), "requires")
	ext.Forbids = r.words(o.get("forbids"), "forbids")
	if n := o.need("keyword"); n != nil {
		ext.Keyword = r.keyword(n)
	}
	l.t.Extensions = append(l.t.Extensions, ext)
	l.definitions(r, o)
	for _, e := range r.entries(o.get("params"), "params") {
		l.t.Params = append(l.t.Params, r.param(e))
	}
	l.into(r, o.get("into"))
	l.words(r, o.get("values"))
	l.extend(r, o.get("extend"))
}

// fileCitation reads what an extension file as a whole is about: the RFC whose
// sections its rows cite, or another document.
func (r *reader) fileCitation(o object) {
	rfc, cite := o.get("rfc"), o.get("cite")
	r.ext.Cite = Cite{"?", o.pos}
	switch {
	case o.broken:
	case rfc != nil && cite != nil:
		w, _ := r.word(cite, "cite")
		r.add(w.Pos, "citation", "the file has both rfc and cite; leave one")
		r.rfc = "?"
	case rfc != nil:
		r.rfc = r.number(rfc)
		r.ext.Cite = Cite{"RFC " + r.rfc, r.pos(rfc)}
	case cite != nil:
		w, _ := r.word(cite, "cite")
		r.cite = w.Text
		r.ext.Cite = Cite{w.Text, w.Pos}
	default:
		r.rfc = "?" // said once is enough
		r.add(o.pos, "citation", "the file needs rfc, the number of the RFC that defines the extension, or cite, another document")
	}
}

// definitions reads what the base table and an extension file both may have.
func (l *loader) definitions(r *reader, o object) {
	t := l.t
	for _, e := range r.entries(o.get("facts"), "facts") {
		t.Facts = append(t.Facts, r.fact(e))
	}
	for _, e := range r.entries(o.get("states"), "states") {
		t.States = append(t.States, r.state(e))
	}
	for _, e := range r.entries(o.get("sets"), "sets") {
		t.Sets = append(t.Sets, &Set{Name: e.name, States: r.words(e.value, "set "+e.name.Text), Ext: r.ext})
	}
	for _, e := range r.entries(o.get("commands"), "commands") {
		t.Commands = append(t.Commands, r.command(e))
	}
}

func (r *reader) state(e entry) *State {
	o := r.object(e.value, kindState, e.name.Pos)
	s := &State{Name: e.name, Awaits: "command", Ext: r.ext, Cite: r.citation(o)}
	if n := o.get("awaits"); n != nil {
		s.Awaits = r.oneOf(n, "awaits", awaitWords).Text
	}
	if n := o.get("home"); n != nil {
		s.Home = r.boolean(n, "home")
	}
	s.To, _ = r.word(o.get("to"), "to")
	s.Set = r.words(o.get("set"), "set")
	s.About = r.text(o.get("about"), "about")
	return s
}

func (r *reader) fact(e entry) *Fact {
	o := r.object(e.value, kindFact, e.name.Pos)
	f := &Fact{Name: e.name, Scope: "connection", Ext: r.ext, Cite: r.citation(o)}
	if n := o.get("role"); n != nil {
		f.Role = r.oneOf(n, "the role of a fact", factRoles)
	}
	if n := o.get("scope"); n != nil {
		f.Scope = r.oneOf(n, "scope", scopeWords).Text
	}
	if n := o.get("fixed"); n != nil {
		f.Fixed = r.boolean(n, "fixed")
	}
	if n := o.get("refuse"); n != nil {
		f.Refuse = r.integer(n, "refuse", 400, 599)
	}
	f.Only = r.words(o.get("only"), "only")
	f.About = r.text(o.get("about"), "about")
	return f
}

func (r *reader) server(n *yaml.Node, pos Pos) Server {
	if n == nil {
		return Server{}
	}
	o := r.object(n, kindServer, pos)
	return Server{
		Unknown:    r.serverReply(o, "unknown"),
		NotOffered: r.serverReply(o, "not-offered"),
		Arguments:  r.serverReply(o, "arguments"),
		Sequence:   r.serverReply(o, "sequence"),
		Parameter:  r.serverReply(o, "parameter"),
	}
}

func (r *reader) serverReply(server object, key string) ServerReply {
	n := server.need(key)
	if n == nil {
		return ServerReply{}
	}
	pos := r.pos(n)
	o := r.object(n, kindReply, pos)
	reply := ServerReply{Pos: pos, Cite: r.citation(o)}
	reply.Code = r.integer(o.need("code"), "code", 400, 599)
	reply.Text = r.text(o.need("text"), "text")
	if w, ok := r.word(o.need("enhanced"), "enhanced"); ok {
		reply.Enhanced = r.enhanced(w)
	}
	return reply
}

func (r *reader) enhanced(w Name) (code [3]int) {
	parts := strings.Split(w.Text, ".")
	if len(parts) == 3 {
		ok := true
		for i, p := range parts {
			n, err := atoi(p)
			ok = ok && err == nil && n >= 0 && n <= 999
			code[i] = n
		}
		if ok && (code[0] == 4 || code[0] == 5) {
			return code
		}
	}
	r.add(w.Pos, "value", `an enhanced status code of a refusal looks as "5.5.2" does (RFC 3463 §2), not %q`, w.Text)
	return code
}
