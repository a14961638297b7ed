package smtp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
)

// A user's table has the library's definitions first, in their places. One that
// was generated for a library which has others since is refused, for its numbers
// would mean other things.
func TestTableForAnotherLibrary(t *testing.T) {
	compile := func(change func(*smtp.Protocol)) (said string) {
		defer func() {
			if r := recover(); r != nil {
				said = fmt.Sprint(r)
			}
		}()
		p := *smtp.Table
		p.Name, p.Base = "MINE", smtp.Table
		change(&p)
		smtp.Compile(p)
		return ""
	}
	if said := compile(func(p *smtp.Protocol) {
		p.Commands = append(slices.Clip(p.Commands), smtp.CommandInfo{Name: "XMINE", Verb: "XMINE", Line: true})
	}); said != "" {
		t.Errorf("a table with a command more: %s", said)
	}
	last := len(smtp.Table.Commands) - 1
	for what, change := range map[string]func(*smtp.Protocol){
		"the command " + smtp.Table.Commands[last].Name: func(p *smtp.Protocol) { // the library has it since
			p.Commands = append(slices.Clone(p.Commands[:last]), smtp.CommandInfo{Name: "XMINE"})
		},
		"the command " + smtp.Table.Commands[1].Name: func(p *smtp.Protocol) {
			p.Commands = slices.Clone(p.Commands)
			p.Commands[1], p.Commands[2] = p.Commands[2], p.Commands[1]
		},
		"the state " + smtp.Table.States[3].Name: func(p *smtp.Protocol) { p.States = p.States[:3] },
		"the fact " + smtp.Table.Facts[0].Name:   func(p *smtp.Protocol) { p.Facts = nil },
	} {
		if said := compile(change); !strings.Contains(said, "MINE was written for another table of the library, which has "+what+" in its place: run smtpgen generate again") {
			t.Errorf("%s: %q", what, said)
		}
	}
}
