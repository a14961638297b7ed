package gen_test

import (
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/gen"
	"github.com/tabellarius/tabellarius/gen/table"
)

// A user's file that takes names of the library's extensions, and a second one
// that takes names of the first: each error names both places.
func TestClashNamesBothPlaces(t *testing.T) {
	_, err := gen.Generate(gen.Options{Package: "mine", Files: []table.File{
		{Name: "mine.yaml", Data: []byte(`extension: DSN
cite: "mine"
keyword: {}
facts: {tls: {cite: "§1"}}
states: {horn: {cite: "§1"}}
commands:
  ETRN: {cite: "§1", verb: ETRN, in: [ready], group: last, timeout: 1m, replies: [{code: 2yz, to: same, cite: "§1"}]}
params:
  RET: {cite: "§1", of: [MAIL], value: none}
`)},
		{Name: "other.yaml", Data: []byte(`extension: XOTHER
cite: "other"
keyword: {}
states: {horn: {cite: "§1"}}
params:
  XHORN: {cite: "§1", of: [MAIL], value: none}
  NOTIFY: {cite: "§1", of: [RCPT], value: none}
`)},
	}})
	if err == nil {
		t.Fatal("names that are taken were taken again")
	}
	for _, want := range [][2]string{
		{`mine.yaml:1:12: clash: extension "DSN"`, "spec/extensions/dsn.yaml:"},
		{`mine.yaml:1:12: clash: EHLO keyword "DSN"`, "spec/extensions/dsn.yaml:"},
		{`mine.yaml:4:9: clash: fact "tls"`, "spec/states.yaml:"},
		{`mine.yaml:7:3: clash: command "ETRN"`, "spec/extensions/etrn.yaml:"},
		{`mine.yaml:9:3: clash: parameter of MAIL "RET"`, "spec/extensions/dsn.yaml:"},
		{`other.yaml:4:10: clash: state "horn"`, "mine.yaml:5:10"},
		{`other.yaml:7:3: clash: parameter of RCPT "NOTIFY"`, "spec/extensions/dsn.yaml:"},
	} {
		found := false
		for line := range strings.Lines(err.Error()) {
			found = found || strings.HasPrefix(line, want[0]) && strings.Contains(line, " is defined at "+want[1])
		}
		if !found {
			t.Errorf("no error says %s … at %s:\n%v", want[0], want[1], err)
		}
	}
}
