package auth

// WithNonce makes a SCRAM mechanism use one nonce, for the examples of the RFCs.
func WithNonce(m Mechanism, nonce string) Mechanism {
	c := *m.(*scram)
	c.nonce = func() string { return nonce }
	return &c
}

// WithServerNonce makes the server's side use one nonce, or challenge.
func WithServerNonce(m ServerMechanism, nonce string) ServerMechanism {
	switch m := m.(type) {
	case *scramServer:
		c := *m
		c.nonce = func() string { return nonce }
		return &c
	case *cramServer:
		c := *m
		c.challenge = func() string { return nonce }
		return &c
	}
	panic("no nonce")
}
