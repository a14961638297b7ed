package conformance

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ReadExpected reads known deviations, as Config.Expected has them: a line each,
// the id of the case, then the reason. Lines that begin with # and empty ones are
// for people. More are cases that are not of this package.
func ReadExpected(in io.Reader, more ...Case) (map[string]string, error) {
	known := map[string]string{}
	scan := bufio.NewScanner(in)
	for n := 1; scan.Scan(); n++ {
		line := strings.TrimSpace(scan.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, reason, _ := strings.Cut(line, " ")
		reason = strings.TrimSpace(reason)
		_, ok := Find(id)
		ok = ok || slices.ContainsFunc(more, func(c Case) bool { return c.ID == id })
		switch {
		case !ok:
			return nil, fmt.Errorf("line %d: no case is called %q", n, id)
		case reason == "":
			return nil, fmt.Errorf("line %d: expected a reason behind %s", n, id)
		case known[id] != "":
			return nil, fmt.Errorf("line %d: %s stands above already", n, id)
		}
		known[id] = reason
	}
	return known, scan.Err()
}
