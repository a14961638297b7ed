package docs_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

const readme = "../README.md"

// TestReadmeCommandsRun runs every command of the README in the repository,
// but those that are the test itself, or need real servers: of them only the
// recipe is asked for.
func TestReadmeCommandsRun(t *testing.T) {
	n := 0
	shell := false
	for line := range strings.Lines(read(t, readme)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			shell = line == "```sh"
			continue
		}
		if !shell || line == "" {
			continue
		}
		command, _, _ := strings.Cut(line, "#")
		command = strings.TrimSpace(command)
		if command == "make test" || command == "make conformance" {
			command = "make -n " + strings.TrimPrefix(command, "make ")
		}
		n++
		t.Run(command, func(t *testing.T) {
			cmd := exec.Command("bash", "-c", command)
			cmd.Dir = ".."
			out, err := cmd.CombinedOutput()
			if err != nil || len(out) == 0 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	if n < 4 {
		t.Errorf("expected four commands at least, found %d", n)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
