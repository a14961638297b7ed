package smtp_test

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/spec"
)

// The conversations that RFC 5321 and the documents of the extensions show, one
// file each file of spec/ in testdata/rfc, which README.txt there explains. A file whose
// extension is not in the table is passed over, as is a conversation that needs
// another which is not.
const examplesDir = "testdata/rfc"

// A conversation is what a document shows, or what was made where it shows none.
type conversation struct {
	file, title  string
	made         bool // the document does not have it
	lmtp, secure bool
	needs        []string // files of extensions beside the file's own
	assume       string   // what the client knows that the server will offer
	steps        []step
}

// A step is one line of a conversation.
type step struct {
	kind string // C, S, s, "x C", "=", offers, octets, tls, lost, result
	text string
	n    int // its line in the file
}

// TestRFC plays each conversation through a client's session, which has to
// write the octets of its lines, and through a server's, which has to read them
// as the same commands and to give the replies.
func TestRFC(t *testing.T) {
	played, made, elsewhere := 0, 0, 0
	for _, name := range append(extensionFiles(t), "states") {
		conversations, why := loadConversations(t, name)
		if shown := slices.ContainsFunc(conversations, func(c *conversation) bool { return !c.made }); shown == (why != "") {
			t.Errorf("%s.txt has to have a conversation of its document, or a line none: with the reason why there is none", name)
		}
		if len(conversations) == 0 {
			t.Errorf("%s.txt has no conversation", name)
		}
		for _, c := range conversations {
			if slices.ContainsFunc(c.needs, func(other string) bool { return !slices.Contains(extensionFiles(t), other) }) {
				elsewhere++
				continue
			}
			t.Run(name+"/"+c.title, func(t *testing.T) { play(t, c) })
			if c.made {
				made++
			} else {
				played++
			}
		}
	}
	t.Logf("%d conversations of documents played by both sides, %d made where a document has none; %d need an extension that is not in the table", played, made, elsewhere)
}

// extensionFiles are the names of the files in spec/extensions.
func extensionFiles(t *testing.T) (names []string) {
	files, err := fs.Glob(spec.FS, "extensions/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".yaml"))
	}
	return names
}

// loadConversations reads the file of an extension. why says why its document
// shows no conversation, where it does not.
func loadConversations(t *testing.T, name string) (all []*conversation, why string) {
	t.Helper()
	file := path.Join(examplesDir, name+".txt")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("each extension has a file with the conversations of its document: %v", err)
	}
	var c *conversation
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if title, ok := strings.CutPrefix(line, "== "); ok {
			title, made := strings.CutSuffix(title, " (made here)")
			c = &conversation{file: file, title: title, made: made}
			all = append(all, c)
			continue
		}
		switch rest, isNone := strings.CutPrefix(line, "none: "); {
		case line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "..."):
		case isNone && c == nil:
			why = rest
		case c == nil:
			t.Fatalf("%s:%d: expected a line that begins with ==, got %q", file, i+1, line)
		default:
			c.line(t, i+1, line)
		}
	}
	return all, why
}

// line reads one line of a conversation.
func (c *conversation) line(t *testing.T, n int, line string) {
	t.Helper()
	line = strings.TrimPrefix(line, "+ ") // not in the document, and needed
	for _, kind := range []string{"x C", "x S", "C", "S", "s", "octets", "offers", "result", "needs", "assume"} {
		rest, ok := strings.CutPrefix(line, kind+":")
		if !ok {
			continue
		}
		rest = strings.TrimPrefix(rest, " ")
		switch kind {
		case "needs":
			c.needs = append(c.needs, strings.Split(rest, ", ")...)
			return
		case "assume":
			c.assume += rest + "\n"
			return
		case "x S": // for the reader
			return
		}
		if _, err := strconv.Atoi(rest); kind == "octets" && err != nil {
			t.Fatalf("%s:%d: expected a number behind octets:, got %q", c.file, n, rest)
		}
		c.steps = append(c.steps, step{kind, rest, n})
		return
	}
	typed, isTyped := strings.CutPrefix(line, "= ")
	switch {
	case isTyped:
		c.steps = append(c.steps, step{"=", typed, n})
	case line == "tls" || line == "lost":
		c.steps = append(c.steps, step{line, "", n})
	case line == "lmtp":
		c.lmtp = true
	case line == "secure":
		c.secure = true
	default:
		t.Fatalf("%s:%d: README.txt explains no such line as %q", c.file, n, line)
	}
}
