package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program tells what a 552 and a 553 to RCPT mean to a client.
const program = `package main

import (
	"fmt"

	"github.com/tabellarius/tabellarius/smtp"
)

func main() {
	for _, code := range []string{"552", "553"} {
		s := smtp.NewSession(smtp.Config{})
		var d smtp.Delivery
		d.Reset(1)
		say := func(reply string) {
			s.Take(nil)
			s.HandleInput([]byte(reply + " text\r\n"))
			d.Handle(s.Next())
		}
		say("220")
		s.Hello("client.example")
		say("250")
		s.Mail("a@example.org", nil)
		say("250")
		s.Rcpt("b@example.org", nil)
		say(code)
		fmt.Println(code, d.Recipient(0).Outcome)
	}
}
`

// TestOneCodeInTheTable changes one reply code in states.yaml and regenerates:
// what the library does changes with it, and no Go was edited.
func TestOneCodeInTheTable(t *testing.T) {
	dir := copyRepository(t)
	write(t, filepath.Join(dir, "try", "main.go"), program)
	if got, want := gorun(t, dir, "./try"), "552 refused for now\n553 refused for good\n"; got != want {
		t.Fatalf("expected %q of the table as it is, got %q", want, got)
	}
	states := filepath.Join(dir, "spec", "states.yaml")
	text, err := os.ReadFile(states)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	changes := 0
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "too-many-recipients") {
			line = strings.Replace(line, "code: 552,", "code: 553,", 1)
			changes++
		} else if strings.Contains(line, "[450, 451, 452, 455, 503, 550, 551, 553, 555]") {
			line = strings.Replace(line, "553", "552", 1)
			changes++
		}
		lines = append(lines, line)
	}
	if changes != 2 {
		t.Fatalf("expected the two rows of RCPT with 552 and 553, found %d", changes)
	}
	write(t, states, strings.Join(lines, ""))
	if out, err := exec.Command("go", "-C", dir, "run", "./tools/smtpgen", "check").CombinedOutput(); err == nil || !strings.Contains(string(out), "make generate") {
		t.Errorf("check has to find stale files and name the command, says %v\n%s", err, out)
	}
	gorun(t, dir, "./tools/smtpgen", "generate")
	if got, want := gorun(t, dir, "./try"), "552 refused for good\n553 refused for now\n"; got != want {
		t.Errorf("expected %q of the changed table, got %q", want, got)
	}
}

// copyRepository copies the repository, what git does not keep left out.
func copyRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root := repository(t)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		switch {
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != ".":
			return fs.SkipDir
		case d.IsDir() || !d.Type().IsRegular() || strings.HasSuffix(name, ".test"):
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		write(t, filepath.Join(dir, name), string(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func gorun(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"-C", dir, "run"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go run %v: %v\n%s", args, err, out)
	}
	return string(out)
}
