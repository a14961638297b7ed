package fuzz

import "testing"

func TestCutLMTPData(t *testing.T) { runCuts(t, run{way: byData, lmtp: true}) }
