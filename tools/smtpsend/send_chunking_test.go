package main

import (
	"testing"
)

func TestDataIsUsedWhenAskedFor(t *testing.T) {
	s, flags := startServer(t, nil)
	want(t, exitOK, &call{stdin: simple, args: append(flags, "-")})
	want(t, exitOK, &call{stdin: simple, args: append(flags, "-", "--data")})
	if m := s.Messages(); len(m) != 2 || m[0].Chunks == 0 || m[1].Chunks != 0 || string(m[1].Data) != simple {
		t.Errorf("chunks and data: %+v", m)
	}
}
