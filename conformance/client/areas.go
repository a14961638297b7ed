package client

import "slices"

// An area is a chapter of the suite.
type area struct {
	name  string
	why   string
	cases []Case
}

// areas are the chapters, in the order in which they run. One new case is one
// entry in the slice of its file.
func areas() []area {
	return []area{
		{"greeting", "A client that goes on with a server which does not greet talks to something else, or is thrown out.", cases01},
	}
}

var _ = slices.Concat[[]Case]
