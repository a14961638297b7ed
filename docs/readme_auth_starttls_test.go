package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tabellarius/tabellarius/smtp"
	"github.com/tabellarius/tabellarius/smtp/smtptest"
)

// TestReadmeProgramSends builds the program of the README and runs it as it
// stands there, but for the server's address: the message has to arrive, over
// TLS, and the refused recipient to be told.
func TestReadmeProgramSends(t *testing.T) {
	programs := blocks(readme, read(t, readme))
	if len(programs) != 1 {
		t.Fatalf("expected one block of Go in the README, found %d", len(programs))
	}
	srv := smtptest.NewUnstartedServer()
	srv.Config.STARTTLS = true
	srv.Config.Users = map[string]string{"tim": "secret"}
	srv.Start()
	defer srv.Close()
	srv.On(smtptest.Match{Role: smtp.RoleRecipient, Address: "bob@example.org"}, smtptest.Answer{Code: 550, Enhanced: smtp.EnhancedCode{5, 1, 1}, Text: "no such user"})

	const address = "mail.example.com:587"
	if !strings.Contains(programs[0].code, address) {
		t.Fatalf("expected %s in the README's program", address)
	}
	// Inside of the module, so that it is built with the code beside it.
	dir, err := os.MkdirTemp(".", "readme")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	write(t, filepath.Join(dir, "main.go"), strings.ReplaceAll(programs[0].code, address, srv.Addr))
	ca := filepath.Join(t.TempDir(), "ca.pem")
	write(t, ca, string(srv.CertPEM()))
	program := filepath.Join(t.TempDir(), "readme")
	if out, err := exec.Command("go", "build", "-o", program, "./"+dir).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+ca)
	out, err := cmd.CombinedOutput()
	for _, want := range []string{"ann@example.org accepted 250", "bob@example.org refused for good 550", "no such user"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("expected %q in what the program says, got\n%s", want, out)
		}
	}
	if err == nil {
		t.Error("expected the program to end with an error, as one recipient was refused")
	}
	msgs := srv.Messages()
	if len(msgs) != 1 || !msgs[0].TLS || msgs[0].User != "tim" || string(msgs[0].Data) != "Subject: hello\r\n\r\nHow are you?\r\n" {
		t.Errorf("the server has %+v", msgs)
	}
}
