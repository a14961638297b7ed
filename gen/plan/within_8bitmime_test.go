package plan

import (
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/gen/table"
	"github.com/tabellarius/tabellarius/spec"
)

// TestWithin: what a value may not be above is an argument of its own keyword, and of
// its type.
func TestWithin(t *testing.T) {
	for args, good := range map[string]bool{
		"{most: {integer: {digits: 6}}}":                                          true,
		"{other: {integer: {digits: 6}}}":                                         false,
		"{most: date-time}":                                                       false,
		"{first: date-time}, {most: {integer: {digits: 6}}}":                      true,
		"{first: {integer: {digits: 6}}}, {most: {list: {integer: {digits: 6}}}}": false,
	} {
		data := strings.Replace(acme, "{depots: {list: word}}", args, 1)
		data = strings.Replace(data, "value: {integer: {digits: 6}}}", "value: {integer: {digits: 6}}, within: most}", 1)
		tbl, problems := table.Load(spec.FS, table.File{Name: "user.yaml", Data: []byte(data)})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		_, err := New(tbl, false)
		if good != (err == nil) || !good && !strings.Contains(err.Error(), "most is no argument of the keyword of XWEIGHT") {
			t.Errorf("%s: %v", args, err)
		}
	}
}
