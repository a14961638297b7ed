package table_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/gen/table"
)

// A table that has no room in its compiled form is refused at the definition
// that is one too many.
func TestLoadLimits(t *testing.T) {
	many := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, i)
		}
		return b.String()
	}
	const head = "extension: MANY\nrfc: 9999\nkeyword: {}\n"
	command := "  X%d: {rfc: \"§1\", verb: X%d, in: [ready], group: last, timeout: 5m, replies: [{code: 2yz, to: same, rfc: \"§1\"}]}\n"
	for _, c := range []struct{ what, data, want string }{
		{"states", "states:\n" + many("  s%d: {rfc: \"§%d\"}\n", 56), "many.yaml:60:3: limit: a table has at most 63 states, and this is one too many of 64; leave out extensions"},
		{"facts", "facts:\n" + many("  f%d: {rfc: \"§%d\"}\n", 62), "many.yaml:66:3: limit: a table has at most 63 facts, and this is one too many of 64; leave out extensions"},
		{"commands", "commands:\n" + many(command, 242), "many.yaml:246:3: limit: a table has at most 250 commands, and this is one too many of 251; leave out extensions"},
		{"parameters", "params:\n" + many("  P%d: {rfc: \"§%d\", of: [MAIL], value: none}\n", 251), "many.yaml:255:3: limit: a table has at most 250 parameters, and this is one too many of 251; leave out extensions"},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, problems := table.Load(smallBase(t), table.File{Name: "many.yaml", Data: []byte(head + c.data)})
			if len(problems) != 1 || problems[0].String() != c.want {
				t.Errorf("got:\n%v\nwant:\n%s", problems, c.want)
			}
		})
	}
	t.Run("keywords", func(t *testing.T) {
		var files []table.File
		for i := range 64 {
			files = append(files, table.File{Name: fmt.Sprintf("k%d.yaml", i), Data: fmt.Appendf(nil, "extension: K%d\nrfc: 9999\nkeyword: {}\n", i)})
		}
		_, problems := table.Load(smallBase(t), files...)
		const want = "k63.yaml:1:12: limit: a table has at most 63 keywords, and this is one too many of 64; leave out extensions"
		if len(problems) != 1 || problems[0].String() != want {
			t.Errorf("got:\n%v\nwant:\n%s", problems, want)
		}
	})
	t.Run("combinations", func(t *testing.T) {
		data := head + "facts:\n" + many("  f%d: {rfc: \"§%d\", fixed: true}\n", 17) +
			"commands:\n" + many("  X%d: {rfc: \"§1\", verb: X%d, in: [ready], needs: [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16], group: last, timeout: 5m, replies: [{code: 2yz, to: same, rfc: \"§1\"}]}\n", 1)
		_, problems := table.Load(smallBase(t), table.File{Name: "many.yaml", Data: []byte(data)})
		const want = "spec/states.yaml:2:11: limit: the facts that commands ask for can be combined in more ways than can be checked (65536); use fewer"
		if len(problems) != 1 || problems[0].String() != want {
			t.Errorf("got:\n%v\nwant:\n%s", problems, want)
		}
	})
}
