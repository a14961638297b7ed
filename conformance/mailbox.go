package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
)

// A Mailbox reads what arrived for a recipient.
type Mailbox interface {
	// Find gives all messages that hold a token, as they were stored. It is called
	// by many goroutines.
	Find(token string) ([][]byte, error)
}

// MailboxFunc makes a Mailbox of a function that gives all messages.
type MailboxFunc func() ([][]byte, error)

// Find implements Mailbox.
func (f MailboxFunc) Find(token string) ([][]byte, error) {
	all, err := f()
	var found [][]byte
	for _, m := range all {
		if bytes.Contains(m, []byte(token)) {
			found = append(found, m)
		}
	}
	return found, err
}

// Maildir reads a folder in which each message is a file, or that has such
// folders new and cur.
func Maildir(path string) Mailbox { return &maildir{path: path, seen: map[string][]byte{}} }

type maildir struct {
	path string
	mu   sync.Mutex
	seen map[string][]byte // by the name of the file
}

func (m *maildir) Find(token string) ([][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	patterns := []string{"*"}
	if info, err := os.Stat(filepath.Join(m.path, "new")); err == nil && info.IsDir() {
		patterns = []string{"new/*", "cur/*"} // what else is there is the server's own: indexes and the like
	}
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(m.path, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil || !info.Mode().IsRegular() || m.seen[name] != nil {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil && !os.IsNotExist(err) {
				return nil, err
			}
			m.seen[name] = text
		}
	}
	var found [][]byte
	for _, text := range m.seen {
		if bytes.Contains(text, []byte(token)) {
			found = append(found, text)
		}
	}
	return found, nil
}
