package smtp_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

func TestNoSoliciting(t *testing.T) {
	comesBack(t, smtp.Solicit, func(t *rapid.T) []string {
		return rapid.SliceOfN(rapid.StringMatching(`[a-z][A-Za-z0-9.:_-]{0,20}`), 1, 5).Draw(t, "classes")
	}, nil)
	// RFC 3865 §2.3.
	onTheWire(t, smtp.Solicit, "SOLICIT=org.example:ADV:ADLT", []string{"org.example:ADV:ADLT"}, nil)
	onTheWire(t, smtp.Solicit, "SOLICIT=net.example:ADV,org.example:ADV:ADLT", []string{"net.example:ADV", "org.example:ADV:ADLT"}, nil)
	refused(t, smtp.Solicit, "", ",", "a,,b", strings.Repeat("x", 1001))
	notOffered(t, "NO-SOLICITING", smtp.Solicit, []string{"a"}, smtp.Config{})
	for line, want := range map[string][]string{"NO-SOLICITING": nil, "NO-SOLICITING net.example:ADV": {"net.example:ADV"}, "NO-SOLICITING a,b": {"a", "b"}} {
		if got, ok := said(t, smtp.NoSolicitingKeyword, line); !ok || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, %t", line, got, ok)
		}
	}
}
