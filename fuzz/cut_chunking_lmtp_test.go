package fuzz

import "testing"

func TestCutLMTPBdat(t *testing.T) { runCuts(t, run{way: byChunk, lmtp: true}) }
