package smtp

import "unicode/utf8"

// Limits of an address in octets (RFC 5321 §4.5.3.1). Peers must take that
// much; longer ones are refused in both directions.
const (
	maxLocalPart = 64
	maxDomain    = 255
	maxPath      = 256 // the angle brackets included
)

// Classes of octets: one table, one look-up an octet.
const (
	cAtext    uint8 = 1 << iota // RFC 5322 §3.2.3, RFC 6531 §3.3
	cLetDig                     // Let-dig, and what a U-label may hold
	cHyphen                     // with cLetDig: Ldh-str
	cQtext                      // qtextSMTP
	cDcontent                   // of an address literal
	cValue                      // esmtp-value
	cPrint                      // ASCII graphic or space
	cWide                       // above 127: part of a UTF-8 sequence
)

var class = makeClass()

func makeClass() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		switch {
		case c >= 0x80:
			t[i] = cWide | cAtext | cLetDig | cQtext | cPrint
			continue
		case c < ' ' || c == 0x7f:
			continue
		}
		t[i] = cPrint
		if c != '"' && c != '\\' {
			t[i] |= cQtext
		}
		if c == ' ' {
			continue
		}
		if c < '[' || c > ']' {
			t[i] |= cDcontent
		}
		if c != '=' {
			t[i] |= cValue
		}
		switch {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
			t[i] |= cAtext | cLetDig
		case c == '-':
			t[i] |= cAtext | cHyphen
		}
	}
	for _, c := range []byte("!#$%&'*+/=?^_`{|}~") {
		t[c] |= cAtext
	}
	return t
}

type octets interface{ string | []byte }

// Why an address is refused. The address itself is never quoted: logs and
// errors travel further than envelopes.
const (
	whyNoAt       = `expected local-part@domain, got no "@"`
	whyNoLocal    = `expected local-part@domain, got nothing before the "@"`
	whyNoDomain   = `expected a domain such as example.org or an address literal such as [192.0.2.1], got nothing`
	whyControl    = `a control character can't be part of a command`
	whyDots       = `a dot at either end of the local part, or next to another, needs quoting: "john..doe"@example.org`
	whyQuoting    = `the local part has a space or special character, which needs quoting: "john doe"@example.org`
	whyQuoteEnd   = `the quoted local part has no closing quote`
	whyPair       = `a backslash in a quoted local part needs a printable ASCII character behind it`
	whyLocalLong  = `the local part is longer than 64 octets (RFC 5321 §4.5.3.1.1)`
	whyDomainLong = `the domain is longer than 255 octets (RFC 5321 §4.5.3.1.2)`
	whyPathLong   = `the address is longer than 254 octets (RFC 5321 §4.5.3.1.3)`
	whyLabel      = `each part of a domain begins and ends with a letter or digit, and none is empty`
	whyDomainChar = `a domain has only letters, digits, hyphens and dots (RFC 5321 §4.1.2)`
	whyLiteral    = `an address literal is [IPv4], [IPv6:...] or [tag:...] (RFC 5321 §4.1.3)`
	whyUTF8       = `the characters above ASCII are no valid UTF-8, or are control characters`
	whyASCII      = `expected ASCII, got other characters: use A-labels (xn--...) (RFC 6531 §3.7.1)`
	whyBehind     = `expected nothing behind the domain`
)

// checkMailbox checks a whole Mailbox (RFC 5321 §4.1.2, RFC 6531 §3.3). wide
// says that it has characters above ASCII; why is empty if all is well.
func checkMailbox[T octets](s T) (wide bool, why string) {
	end, wide, why := scanMailbox(s)
	if why == "" && end < len(s) {
		why = stopInDomain(s, end)
	}
	return wide, why
}

// scanMailbox reads a Mailbox at the start of s and gives its length.
func scanMailbox[T octets](s T) (end int, wide bool, why string) {
	at, acc, why := scanLocal(s)
	switch {
	case why != "":
		return at, false, why
	case at == len(s):
		return at, false, whyNoAt
	case s[at] != '@':
		return at, false, stopInLocal(s, at)
	case at > maxLocalPart:
		return at, false, whyLocalLong
	}
	end, more, why := scanDomain(s, at+1)
	acc |= more
	switch {
	case why != "":
	case end-at-1 > maxDomain:
		why = whyDomainLong
	case end+len("<>") > maxPath:
		why = whyPathLong
	case acc&cWide != 0 && !validWide(s[:end]):
		why = whyUTF8
	}
	return end, acc&cWide != 0, why
}

// scanLocal reads a Local-part at the start of s.
func scanLocal[T octets](s T) (end int, acc uint8, why string) {
	if len(s) > 0 && s[0] == '"' {
		return scanQuoted(s)
	}
	i := 0
	for {
		start := i
		for i < len(s) && class[s[i]]&cAtext != 0 {
			acc |= class[s[i]]
			i++
		}
		if i == start {
			return i, acc, stopInLocal(s, i)
		}
		if i == len(s) || s[i] != '.' {
			return i, acc, ""
		}
		i++
	}
}

func scanQuoted[T octets](s T) (end int, acc uint8, why string) {
	for i := 1; i < len(s); i++ {
		c := s[i]
		switch {
		case class[c]&cQtext != 0:
			acc |= class[c]
		case c == '"':
			return i + 1, acc, ""
		case c != '\\':
			return i, acc, whyControl
		case i+1 == len(s) || class[s[i+1]]&(cPrint|cWide) != cPrint:
			return i, acc, whyPair
		default:
			i++
		}
	}
	return len(s), acc, whyQuoteEnd
}

// scanDomain reads a Domain or an address literal at s[i:].
func scanDomain[T octets](s T, i int) (end int, acc uint8, why string) {
	if i == len(s) {
		return i, 0, whyNoDomain
	}
	if s[i] == '[' {
		return scanLiteral(s, i)
	}
	for {
		start := i
		for i < len(s) && class[s[i]]&(cLetDig|cHyphen) != 0 {
			acc |= class[s[i]]
			i++
		}
		switch {
		case i == start && i < len(s) && s[i] != '.':
			return i, acc, stopInDomain(s, i)
		case i == start || s[start] == '-' || s[i-1] == '-':
			return i, acc, whyLabel
		case i == len(s) || s[i] != '.':
			return i, acc, ""
		}
		i++
	}
}

// scanLiteral reads an address literal at s[i:] (RFC 5321 §4.1.3).
func scanLiteral[T octets](s T, i int) (end int, acc uint8, why string) {
	end = i + 1
	for end < len(s) && class[s[end]]&cDcontent != 0 {
		end++
	}
	if end == len(s) || s[end] != ']' || !isLiteral(s[i+1:end]) {
		return end, 0, whyLiteral
	}
	return end + 1, 0, ""
}

func isLiteral[T octets](s T) bool {
	if isIPv4(s) {
		return true
	}
	colon := 0
	for colon < len(s) && class[s[colon]]&(cLetDig|cHyphen) != 0 {
		colon++
	}
	if colon == 0 || colon+1 >= len(s) || s[colon] != ':' || s[colon-1] == '-' {
		return false
	}
	if sameFold(s[:colon], "IPv6") {
		return isIPv6(s[colon+1:])
	}
	return true
}

func isIPv4[T octets](s T) bool {
	i := 0
	for part := range 4 {
		if part > 0 {
			if i == len(s) || s[i] != '.' {
				return false
			}
			i++
		}
		n, start := 0, i
		for i < len(s) && i-start < 3 && '0' <= s[i] && s[i] <= '9' {
			n = n*10 + int(s[i]-'0')
			i++
		}
		if i == start || n > 255 {
			return false
		}
	}
	return i == len(s)
}

func isIPv6[T octets](s T) bool {
	groups, gap, i := 0, false, 0
	if len(s) >= 2 && s[0] == ':' && s[1] == ':' {
		gap, i = true, 2
	}
	for i < len(s) {
		j := i
		for j < len(s) && isHex(s[j]) {
			j++
		}
		if j < len(s) && s[j] == '.' {
			if !isIPv4(s[i:]) {
				return false
			}
			groups += 2
			break
		}
		if j == i || j-i > 4 {
			return false
		}
		groups++
		if j == len(s) {
			break
		}
		if s[j] != ':' || j+1 == len(s) {
			return false
		}
		i = j + 1
		if s[i] == ':' {
			if gap {
				return false
			}
			gap = true
			i++
		}
	}
	if gap {
		return groups <= 6 // "::" stands for two at least
	}
	return groups == 8
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' || 'a' <= c && c <= 'f'
}

// isPostmaster reports the one address without a domain (RFC 5321 §4.1.1.3).
func isPostmaster[T octets](s T) bool { return sameFold(s, "Postmaster") }

// sameFold compares without regard to the case of ASCII letters, as RFC 5321
// §2.4 asks. strings.EqualFold would take the Kelvin sign for a K.
func sameFold[T octets](s T, word string) bool {
	if len(s) != len(word) {
		return false
	}
	for i := range len(word) {
		if lower(s[i]) != lower(word[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// validWide reports valid UTF-8 without the control characters U+0080 to
// U+009F, which some readers take for line ends.
func validWide[T octets](s T) bool {
	for i := 1; i < len(s); i++ {
		if s[i-1] == 0xC2 && s[i] < 0xA0 {
			return false
		}
	}
	return utf8.ValidString(string(s))
}

// stopInLocal says why s[i] can't go on a local part.
func stopInLocal[T octets](s T, i int) string {
	switch {
	case i == len(s) && i == 0:
		return whyNoAt
	case i == len(s):
		return whyDots
	case class[s[i]]&cPrint == 0:
		return whyControl
	case s[i] == '@' && i == 0:
		return whyNoLocal
	case s[i] == '@' || s[i] == '.':
		return whyDots
	}
	return whyQuoting
}

// stopInDomain says why s[i] can't go on a domain.
func stopInDomain[T octets](s T, i int) string {
	switch {
	case class[s[i]]&cPrint == 0:
		return whyControl
	case i > 0 && s[i-1] == ']':
		return whyBehind
	}
	return whyDomainChar
}
