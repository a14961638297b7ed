package auth

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"slices"
)

// A ChannelBinding ties an exchange to the connection below it, so that nobody
// in the middle can hand the messages on over a connection of his own (RFC 5056).
type ChannelBinding struct {
	Type string // the registered name
	Data []byte // what only the two ends of this connection know, or see
}

// Types of channel bindings over TLS.
const (
	TLSExporter       = "tls-exporter"         // RFC 9266
	TLSUnique         = "tls-unique"           // RFC 5929 §3
	TLSServerEndPoint = "tls-server-end-point" // RFC 5929 §4
)

// ClientBindings are the channel bindings that a client has on a TLS connection
// after the handshake, the best first: tls-exporter with TLS 1.3; below it
// tls-unique, then tls-exporter, both only if both sides use the extended master
// secret (RFC 7627), without which somebody in the middle can have the same value
// on two connections; and tls-server-end-point, if the server's certificate is
// signed with one hash function.
func ClientBindings(state tls.ConnectionState) []ChannelBinding {
	if len(state.PeerCertificates) == 0 {
		return bindings(state, nil)
	}
	return bindings(state, state.PeerCertificates[0])
}

// ServerBindings are those of the server, which showed the client a certificate;
// without it tls-server-end-point is missing.
func ServerBindings(state tls.ConnectionState, certificate *x509.Certificate) []ChannelBinding {
	return bindings(state, certificate)
}

func bindings(state tls.ConnectionState, certificate *x509.Certificate) (list []ChannelBinding) {
	if !state.HandshakeComplete {
		return nil
	}
	// crypto/tls refuses where the session has no unique secret, or may be
	// renegotiated (RFC 9266 §4.2).
	exported, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, 32) // RFC 9266 §2
	if err == nil && state.Version < tls.VersionTLS13 && len(state.TLSUnique) > 0 {
		list = append(list, ChannelBinding{TLSUnique, state.TLSUnique})
	}
	if err == nil {
		list = append(list, ChannelBinding{TLSExporter, exported})
	}
	if sum := endPoint(certificate); sum != nil {
		list = append(list, ChannelBinding{TLSServerEndPoint, sum})
	}
	return list
}

// endPoint hashes a certificate with the hash of its signature, but with SHA-256
// for MD5 and SHA-1 (RFC 5929 §4.1). A signature without a hash function of its
// own, such as Ed25519's, has none.
func endPoint(c *x509.Certificate) []byte {
	if c == nil {
		return nil
	}
	switch c.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1,
		x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.DSAWithSHA256, x509.ECDSAWithSHA256:
		sum := sha256.Sum256(c.Raw)
		return sum[:]
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		sum := sha512.Sum384(c.Raw)
		return sum[:]
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		sum := sha512.Sum512(c.Raw)
		return sum[:]
	}
	return nil
}

// BindTo gives a mechanism, or choice of mechanisms, like m that uses only these
// types of channel bindings, the first that the connection has. That is for a
// server that does not know the best one.
func BindTo(m Mechanism, types ...string) Mechanism {
	types = slices.Clone(types)
	return adapted{m, func(p Peer) Peer {
		var list []ChannelBinding
		for _, t := range types {
			for _, b := range p.Bindings {
				if b.Type == t {
					list = append(list, b)
				}
			}
		}
		p.Bindings = list
		return p
	}}
}
