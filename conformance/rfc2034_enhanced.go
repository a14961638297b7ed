package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// knownEnhanced are the subjects and details of the IANA registry "SMTP Enhanced
// Status Codes": X.subject.detail.
var knownEnhanced = map[string]int{"0": 0, "1": 10, "2": 4, "3": 6, "4": 7, "5": 6, "6": 10, "7": 32}

// looseEnhanced is what looks like an enhanced code, perhaps a malformed one.
var looseEnhanced = regexp.MustCompile(`^\d+\.\d+\.\d+`)

// codedOver judges the replies that have to carry an enhanced code: all but
// those to the greeting and to hello, and 3yz.
func codedOver(x *Exchange, judge func() string) (Verdict, string) {
	if x.Command == "(connect)" || isHello(x.Command) || x.Reply.Code/100 == 3 || x.Reply.Code == 220 || x.Reply.Code == 0 {
		return Skipped, ""
	}
	if _, ok := x.Offers["ENHANCEDSTATUSCODES"]; !ok {
		return Skipped, ""
	}
	if what := judge(); what != "" {
		return Fail, what + ": " + x.Command + ": " + x.Reply.String()
	}
	return Pass, ""
}

var enhancedCases = []Case{
	{
		ID: "esc-present", Level: Must, RFC: "2034 §3; §4",
		Title: "With the keyword offered, each 2yz, 4yz, 5yz reply but those to greeting, HELO and EHLO begins with an enhanced code.",
		Test:  "over the whole run after EHLO; 354 and 334 have none",
		Needs: "ext:ENHANCEDSTATUSCODES",
		Over: func(x *Exchange) (Verdict, string) {
			return codedOver(x, func() string {
				if !looseEnhanced.MatchString(x.Reply.Text()) {
					return "no enhanced code"
				}
				return ""
			})
		},
	},
	{
		ID: "esc-keyword", Level: Must, RFC: "2034 §3",
		Title: "The keyword has no parameters.",
		Test:  "check",
		Needs: "ext:ENHANCEDSTATUSCODES",
		Run:   func(t *T) { t.plainKeyword("ENHANCEDSTATUSCODES") }},
	{
		ID: "esc-class", Level: Must, RFC: "2034 §4; 3463 §2",
		Title: "Its class is the reply code's first digit.",
		Test:  "over the whole run",
		Needs: "ext:ENHANCEDSTATUSCODES",
		Over: func(x *Exchange) (Verdict, string) {
			return codedOver(x, func() string {
				if m := looseEnhanced.FindString(x.Reply.Text()); m != "" && m[:1] != fmt.Sprint(x.Reply.Code/100) {
					return "the class of the enhanced code is not that of the reply"
				}
				return ""
			})
		},
	},
	{
		ID: "esc-every-line", Level: Must, RFC: "2034 §4",
		Title: "In a multi-line reply each line has it, the same one.",
		Test:  "over the whole run",
		Needs: "ext:ENHANCEDSTATUSCODES",
		Over: func(x *Exchange) (Verdict, string) {
			return codedOver(x, func() string {
				first := enhancedOf(x.Reply.Text())
				for _, line := range x.Reply.Lines {
					if enhancedOf(line) != first {
						return "not every line has the same enhanced code"
					}
				}
				return ""
			})
		},
	},
	{
		ID: "esc-space", Level: Must, RFC: "2034 §3",
		Title: "A space follows the code.",
		Test:  "over the whole run",
		Needs: "ext:ENHANCEDSTATUSCODES",
		Over: func(x *Exchange) (Verdict, string) {
			return codedOver(x, func() string {
				m := looseEnhanced.FindString(x.Reply.Text())
				if m != "" && !strings.HasPrefix(x.Reply.Text()[len(m):], " ") {
					return "no space follows the enhanced code"
				}
				return ""
			})
		},
	},
	{
		ID: "esc-helo-too", Level: Must, RFC: "2034 §4",
		Title: "The codes come whether or not the client said EHLO.",
		Test:  "HELO session on the same server; fail: none",
		Needs: "ext:ENHANCEDSTATUSCODES, smtp",
		Run: func(t *T) {
			c := t.Greeted()
			c.Cmd("HELO " + t.cfg.Hello).Need("250")
			for _, command := range []string{"RSET", "FROB", "RCPT TO:<a b@c>"} {
				if r := c.Cmd(command).Need("any"); r.Enhanced() == "" {
					t.Failf("%s after HELO: %s has no enhanced code", command, r)
				}
			}
		},
	},
	{
		ID: "esc-no-3yz", Level: MustNot, RFC: "2034 §4",
		Title: "354 and 334 have none.",
		Test:  "check; for 354 warn: its text may look like one",
		Needs: "ext:ENHANCEDSTATUSCODES, recipient",
		Over: func(x *Exchange) (Verdict, string) {
			if x.Reply.Code/100 != 3 {
				return Skipped, ""
			}
			if looseEnhanced.MatchString(x.Reply.Text()) {
				if x.Reply.Code == 354 {
					return Warn, "the text of the 354 begins like an enhanced code: " + x.Reply.String()
				}
				return Fail, "an enhanced code in " + x.Reply.String()
			}
			return Pass, ""
		},
	},
	{
		ID: "esc-form", Level: Must, RFC: "3463 §2",
		Title: "class \".\" subject \".\" detail, numbers of up to three digits without leading zeros.",
		Test:  "over the whole run",
		Needs: "ext:ENHANCEDSTATUSCODES",
		Over: func(x *Exchange) (Verdict, string) {
			return codedOver(x, func() string {
				if looseEnhanced.MatchString(x.Reply.Text()) && x.Reply.Enhanced() == "" {
					return "an enhanced code that is not class.subject.detail without leading zeros"
				}
				return ""
			})
		},
	},
	{
		ID: "esc-not-ehlo", Level: MustNot, RFC: "2034 §3; §4; 5321 §4.2",
		Title: "A 220 greeting and a 250 to EHLO or HELO carry none: the domain is their first word.",
		Test:  "check; in their 4yz and 5yz recorded (2034 asks for none there and forbids none)",
		Needs: "ext:ENHANCEDSTATUSCODES",
		Over: func(x *Exchange) (Verdict, string) {
			if x.Command != "(connect)" && !isHello(x.Command) || x.Reply.Code/100 != 2 {
				return Skipped, ""
			}
			if looseEnhanced.MatchString(x.Reply.Text()) {
				return Fail, x.Command + ": " + x.Reply.String()
			}
			return Pass, ""
		},
	},
	{
		ID: "esc-known", Level: Should, RFC: "3463 §2; 5248 §2.1",
		Title: "Only registered codes are used.",
		Test:  "compare with the registry; warn",
		Needs: "ext:ENHANCEDSTATUSCODES",
		Over: func(x *Exchange) (Verdict, string) {
			code := x.Reply.Enhanced()
			if code == "" || isHello(x.Command) || x.Command == "(connect)" {
				return Skipped, ""
			}
			var class, subject, detail int
			fmt.Sscanf(code, "%d.%d.%d", &class, &subject, &detail)
			if most, ok := knownEnhanced[fmt.Sprint(subject)]; !ok || detail > most {
				return Warn, "the enhanced code " + code + " is not registered"
			}
			return Pass, ""
		},
	},
	{
		ID: "esc-unoffered", Level: May, RFC: "2034 §5",
		Title: "Codes without the keyword are recorded.",
		Test:  "over the run where the keyword is not offered",
		Over: func(x *Exchange) (Verdict, string) {
			if _, ok := x.Offers["ENHANCEDSTATUSCODES"]; ok || x.Offers == nil {
				return Skipped, ""
			}
			return Pass, ""
		},
	},
	{
		ID: "esc-fits-code", Level: May, RFC: "5248 §2.4",
		Title: "The enhanced code goes with the basic code that the registry names for it (the list is not exclusive).",
		Test:  "compare; recorded",
		Needs: "ext:ENHANCEDSTATUSCODES",
		Over: func(x *Exchange) (Verdict, string) {
			fits := map[string][]int{
				"5.1.1": {550, 551}, "5.3.4": {552, 554}, "5.5.1": {500, 502, 503, 521, 554}, "5.5.2": {500, 501, 502, 550, 555},
				"5.5.4": {501, 502, 503, 504, 550, 555}, "5.7.8": {535, 554}, "4.5.3": {452}, "5.7.0": {530, 550, 554, 535},
			}
			code := x.Reply.Enhanced()
			list, ok := fits[code]
			if !ok {
				return Skipped, ""
			}
			if !slices.Contains(list, x.Reply.Code) {
				return Pass, fmt.Sprintf("seen: %d with %s", x.Reply.Code, code)
			}
			return Pass, ""
		},
	},
}

// plainKeyword complains if a keyword that is offered has parameters.
func (t *T) plainKeyword(keyword string) {
	c := t.Greeted()
	c.Hello().Need("250")
	args, ok := c.Offers(keyword)
	if !ok {
		t.Skipf("%s", keyword)
	}
	if args != "" {
		t.Failf("%s is offered with the parameters %q", keyword, args)
	}
}
