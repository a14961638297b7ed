// Package spec holds the protocol table: states.yaml, and one file an
// extension in extensions/.
package spec

import "embed"

// FS holds the table as it is compiled into this library.
//
//go:embed states.yaml extensions/*.yaml
var FS embed.FS
