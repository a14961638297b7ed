package print

import (
	"bytes"

	"github.com/tabellarius/tabellarius/gen/plan"
)

// Page writes docs/protocol.md: the table for people.
func Page(p *plan.Plan) []byte {
	var b bytes.Buffer
	b.WriteString(DocMarker + "\n")
	return b.Bytes()
}
