package peers_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain asks for fewer draws than usual: each derives several keys from
// passwords, which takes long under the race detector. -rapid.checks asks for more.
func TestMain(m *testing.M) {
	flag.Set("rapid.checks", "25") // the command line comes after it
	flag.Parse()
	os.Exit(m.Run())
}
