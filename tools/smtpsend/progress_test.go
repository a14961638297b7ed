package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestProgressFollowsTheReaderBackToTheStart(t *testing.T) {
	var screen bytes.Buffer
	content := strings.Repeat("x", 1000)
	r := track(strings.NewReader(content), int64(len(content)), &screen)
	for range 2 {
		got, err := io.ReadAll(r)
		if err != nil || string(got) != content {
			t.Fatalf("%d octets, %v", len(got), err)
		}
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if at := r.bar.State().CurrentNum; at != 0 {
			t.Errorf("the bar stands at %d after going back", at)
		}
	}
	r.done()
}
