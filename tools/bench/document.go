package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The tables of a document stand between these two lines.
const (
	documentStart = "<!-- what bench measured -->\n"
	documentEnd   = "<!-- end of what bench measured -->\n"
)

// document puts the tables into a document, in place of those that it has, and the
// plot, if there is one, into the file plot.svg beside it.
func (r *report) document(path, tables string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := replaceTables(string(old), tables)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if plot := r.plot(); plot != nil {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "plot.svg"), plot, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

func replaceTables(text, tables string) (string, error) {
	before, rest, found := strings.Cut(text, documentStart)
	_, after, ended := strings.Cut(rest, documentEnd)
	if !found || !ended {
		return "", fmt.Errorf("expected the lines %q and %q, which the tables go between", strings.TrimSpace(documentStart), strings.TrimSpace(documentEnd))
	}
	return before + documentStart + "\n```text\n" + strings.TrimSpace(tables) + "\n```\n\n" + documentEnd + after, nil
}
