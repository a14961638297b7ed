package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExtendingIsRun does what docs/extending.md says, block after block, in an
// empty folder: files are written under the name behind their language, shell
// is run, and text is what the shell before it printed. The checkout that is
// cloned is this one; nothing comes from the network.
func TestExtendingIsRun(t *testing.T) {
	for _, tool := range []string{"git", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("the page is for people who have %s: %v", tool, err)
		}
	}
	page, err := os.ReadFile(filepath.Join(repository(t), "docs", "extending.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := codeBlocks(string(page))
	if len(blocks) < 10 {
		t.Fatalf("expected the blocks of the tutorial, found %d", len(blocks))
	}
	environment := append(os.Environ(),
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=url.file://"+cloneable(t)+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/tabellarius/tabellarius",
		"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*",
		"GOWORK=", "GOFLAGS=", "GOPROXY=off", "GOTOOLCHAIN=local")
	dir, printed := t.TempDir(), ""
	for _, b := range blocks {
		language, name, _ := strings.Cut(b.info, " ")
		switch {
		case name != "":
			write(t, filepath.Join(dir, name), b.text)
		case language == "sh":
			dir, printed = shell(t, dir, environment, b.text)
		case language == "text":
			if diff := cmp.Diff(b.text, printed); diff != "" {
				t.Errorf("docs/extending.md:%d: what is printed is not what the page shows (-page +printed):\n%s", b.line, diff)
			}
		default:
			t.Errorf("docs/extending.md:%d: the block %q is neither a file, nor shell, nor what it prints", b.line, b.info)
		}
	}
}

// shell runs a block and gives the folder that it ends in, and what it printed.
func shell(t *testing.T, dir string, environment []string, script string) (end, printed string) {
	t.Helper()
	where := filepath.Join(t.TempDir(), "where")
	cmd := exec.Command("sh", "-eu", "-c", script+"\npwd > '"+where+"'\n")
	cmd.Dir, cmd.Env = dir, environment
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s%s", err, script, out.String(), errs.String())
	}
	data, err := os.ReadFile(where)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data)), out.String()
}

// cloneable makes a repository of this checkout as it is, uncommitted work
// included.
func cloneable(t *testing.T) string {
	t.Helper()
	dir := copyRepository(t)
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A", "-f"}, {"-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "as it is"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

// A codeBlock is one block of a page in Markdown, with what stands behind its
// opening marks.
type codeBlock struct {
	line       int
	info, text string
}

func codeBlocks(page string) (list []codeBlock) {
	open := false
	for i, line := range strings.Split(page, "\n") {
		info, marks := strings.CutPrefix(line, "```")
		switch {
		case marks && !open:
			open = true
			list = append(list, codeBlock{line: i + 1, info: info})
		case marks:
			open = false
		case open:
			list[len(list)-1].text += line + "\n"
		}
	}
	return list
}
