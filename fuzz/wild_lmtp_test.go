package fuzz

import "testing"

func TestWildLMTP(t *testing.T) { runWild(t, run{way: byData, lmtp: true, opt: Usual()}) }
