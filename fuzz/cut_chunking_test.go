package fuzz

import "testing"

func TestCutBdat(t *testing.T) { runCuts(t, run{way: byChunk}) }

func TestCutEager(t *testing.T) {
	runCuts(t, run{way: eager, foreignBy: WentOnAfter421, holesBy: WentOnAfterHole})
}
