package smtp

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCheckMailbox(t *testing.T) {
	long := strings.Repeat
	for _, tc := range []struct{ mailbox, why string }{
		{"ann@example.org", ""},
		{"a.b+c/d=e!#$%&'*-?^_`{|}~@x-1.example", ""},
		{"a@b", ""},
		{`"john doe"@example.org`, ""},
		{`""@example.org`, ""},
		{`"a\"\\@>b"@example.org`, ""},
		{`"<x@y> "@example.org`, ""},
		{"a@[192.0.2.1]", ""},
		{"a@[IPv6:2001:db8::1]", ""},
		{"a@[ipv6:::ffff:192.0.2.1]", ""},
		{"a@[x400:c=de;a= ]", whyLiteral},
		{"a@[x400:c=de;a=x]", ""},
		{"jörg@bücher.example", ""},
		{`"jörg doe"@example.org`, ""},
		{long("l", 64) + "@example.org", ""},
		{long("l", 65) + "@example.org", whyLocalLong},
		{`"` + long("l", 62) + `"@example.org`, ""},
		{"a@" + long("d.", 126) + "d", whyPathLong},
		{"a@" + long("d.", 125) + "dd", ""},
		{"a@" + long("d.", 125) + "ddd", whyPathLong},
		{"a@" + long("d.", 127) + "dd", whyDomainLong},

		{"", whyNoAt},
		{"ann", whyNoAt},
		{"postmaster", whyNoAt},
		{"@example.org", whyNoLocal},
		{"ann@", whyNoDomain},
		{"ann@@example.org", whyDomainChar},
		{".ann@example.org", whyDots},
		{"ann.@example.org", whyDots},
		{"a..b@example.org", whyDots},
		{"a.", whyDots},
		{"john doe@example.org", whyQuoting},
		{"a,b@example.org", whyQuoting},
		{"<ann@example.org>", whyQuoting},
		{`a"b@example.org`, whyQuoting},
		{`"ann@example.org`, whyQuoteEnd},
		{`"ann\`, whyPair},
		{"\"ann\\\r\"@example.org", whyPair},
		{"\"a\r\nb\"@example.org", whyControl},
		{`"ann"x@example.org`, whyQuoting},
		{"ann\r\n@example.org", whyControl},
		{"ann\x00@example.org", whyControl},
		{"ann@example.org\r\nDATA", whyControl},
		{"ann@example.org> SIZE=1", whyDomainChar},
		{"ann@ex_ample.org", whyDomainChar},
		{"ann@-example.org", whyLabel},
		{"ann@example-.org", whyLabel},
		{"ann@example..org", whyLabel},
		{"ann@.example.org", whyLabel},
		{"ann@example.org.", whyLabel},
		{"ann@[192.0.2.256]", whyLiteral},
		{"ann@[192.0.2]", whyLiteral},
		{"ann@[192.0.2.1", whyLiteral},
		{"ann@[192.0.2.1]x", whyBehind},
		{"ann@[IPv6:1:2:3]", whyLiteral},
		{"ann@[IPv6:]", whyLiteral},
		{"ann@[tag-:x]", whyLiteral},
		{"ann@[:x]", whyLiteral},
		{"ann@[]", whyLiteral},
		{"ann@[a:b\\c]", whyLiteral},
		{"j\xffrg@example.org", whyUTF8},
		{"j\u0085rg@example.org", whyUTF8},
	} {
		_, why := checkMailbox(tc.mailbox)
		if why != tc.why {
			t.Errorf("checkMailbox(%q) says %q, want %q", tc.mailbox, why, tc.why)
		}
		if _, same := checkMailbox([]byte(tc.mailbox)); same != why {
			t.Errorf("checkMailbox of bytes %q says %q, of a string %q", tc.mailbox, same, why)
		}
	}
}

func TestCheckMailboxWide(t *testing.T) {
	for mailbox, want := range map[string]bool{
		"ann@example.org": false, "jörg@example.org": true, `"jörg"@example.org`: true, "ann@bücher.example": true, "a@[192.0.2.1]": false,
	} {
		if wide, _ := checkMailbox(mailbox); wide != want {
			t.Errorf("checkMailbox(%q): wide is %v, want %v", mailbox, wide, want)
		}
	}
}

// What RFC 5321 §4.1.3 takes for IPv6, net/netip takes too, and the other way
// round but for a "::" that stands for one group.
func TestIPv6LikeNetip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringMatching(`([0-9a-fA-F]{0,4}:){0,9}[0-9a-fA-F]{0,4}`),
			rapid.StringMatching(`([0-9a-f]{1,4}:){0,4}(:[0-9a-f]{1,4}){0,4}:((25[0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}[0-9]`),
			rapid.StringMatching(`([0-9a-f]{1,4}:){1,7}:?([0-9a-f]{1,4})?`),
			rapid.StringOf(rapid.RuneFrom([]rune("01af:."))),
		).Draw(t, "address")
		a, err := netip.ParseAddr(s)
		want := err == nil && a.Is6()
		if want && strings.Contains(s, "::") {
			groups := 0
			for _, part := range strings.Split(s, ":") {
				switch {
				case strings.Contains(part, "."):
					groups += 2
				case part != "":
					groups++
				}
			}
			want = groups <= 6
		}
		if got := isIPv6(s); got != want {
			t.Fatalf("isIPv6(%q) = %v, want %v", s, got, want)
		}
	})
}

func TestIPv4(t *testing.T) {
	for s, want := range map[string]bool{
		"192.0.2.1": true, "255.255.255.255": true, "0.0.0.0": true, "01.002.3.4": true,
		"256.0.0.1": false, "1.2.3": false, "1.2.3.4.5": false, "1.2.3.": false, ".1.2.3": false, "1.2.3.1000": false, "1.2.3.x": false, "": false,
	} {
		if got := isIPv4(s); got != want {
			t.Errorf("isIPv4(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestFoldIsASCII(t *testing.T) {
	if !sameFold("sMtP", "SMTP") || !sameFold([]byte("a[Z"), "A[z") {
		t.Error("letters of other case must be the same")
	}
	if sameFold("\u212Aelvin", "\u006Belvin") || sameFold("[", "{") || sameFold("ab", "abc") {
		t.Error("other characters must differ")
	}
}

// handMailbox draws mailboxes within RFC 5321 §4.1.2, or RFC 6531 §3.3 if wide.
func handMailbox(wide bool) *rapid.Generator[string] {
	letter, label := `[a-zA-Z0-9]`, `[a-zA-Z0-9]([-a-zA-Z0-9]{0,6}[a-zA-Z0-9])?`
	if wide {
		letter, label = `[a-zA-Z0-9äßéжλ水]`, `[a-z0-9äßж水]([-a-z0-9äж水]{0,6}[a-z0-9ä水])?`
	}
	atom := `(` + letter + `|[!#$%&'*+/=?^_{|}~-]){1,5}`
	local := rapid.OneOf(
		rapid.StringMatching(atom+`(\.`+atom+`){0,2}`),
		rapid.StringMatching(`"(`+letter+`|[ !#-\[\]-~]|\\[ -~]){0,12}"`))
	domain := rapid.OneOf(
		rapid.StringMatching(label+`(\.`+label+`){0,3}`),
		rapid.SampledFrom([]string{"[192.0.2.1]", "[IPv6:2001:db8::1]", "[IPv6:1:2:3:4:5:6:7:8]", "[tag:any!thing]"}))
	return rapid.Custom(func(t *rapid.T) string { return local.Draw(t, "local") + "@" + domain.Draw(t, "domain") })
}

func TestMailboxesAreTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mailbox := handMailbox(rapid.Bool().Draw(t, "wide")).Draw(t, "mailbox")
		if _, why := checkMailbox(mailbox); why != "" {
			t.Fatalf("checkMailbox(%q) says %q, want it taken", mailbox, why)
		}
	})
}

func BenchmarkCheckMailbox(b *testing.B) {
	mailbox := "somebody@mail.example.org"
	for b.Loop() {
		if _, why := checkMailbox(mailbox); why != "" {
			b.Fatal(why)
		}
	}
}
