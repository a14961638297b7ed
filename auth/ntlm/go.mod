module github.com/tabellarius/tabellarius/auth/ntlm

go 1.26.0

require (
	github.com/Azure/go-ntlmssp v0.1.1
	golang.org/x/crypto v0.55.0
	pgregory.net/rapid v1.3.0
)
