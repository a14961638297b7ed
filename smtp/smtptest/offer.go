package smtptest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tabellarius/tabellarius/smtp"
)

// offers are the lines of the reply to EHLO behind the first.
func (c *conn) offers() []string {
	var lines []string
	for k := 1; k < len(c.p.Keywords); k++ {
		args, ok := c.offer(smtp.Keyword(k))
		if !ok {
			continue
		}
		line := c.p.Keywords[k].Name
		if args != "" {
			line += " " + args
		}
		lines = append(lines, line)
	}
	return append(lines, c.cfg.Lines...)
}

// offer says whether a keyword is offered, and with what arguments.
func (c *conn) offer(k smtp.Keyword) (args string, ok bool) {
	for _, o := range c.cfg.Offers {
		if o.Keyword == k {
			return o.Args, true
		}
	}
	info := &c.p.Keywords[k]
	switch {
	case slices.Contains(c.cfg.Without, k), info.Asked:
		return "", false
	case k == c.keyword(smtp.RoleStartTLS):
		return "", c.cfg.STARTTLS && !c.tls
	case k == c.keyword(smtp.RoleAuth):
		if !c.cfg.authenticates || !c.tls && !c.cfg.AuthWithoutTLS {
			return "", false
		}
		return strings.Join(c.mechanisms(), " "), true
	case info.Role == smtp.RoleSize:
		return strconv.FormatInt(c.cfg.MaxSize, 10), true
	}
	a := smtp.NewArgs(c.p, 0, nil)
	info.Check(a)
	return "", a.Err() == nil
}

// keyword is the one that the command with a role needs, 0 if there is none.
func (c *conn) keyword(r smtp.Role) smtp.Keyword { return c.p.Commands[c.op(r)].Keyword }

// helloReply gives the octets of a positive or raw reply to EHLO or LHLO, and
// tells the session what they offer.
func (c *conn) helloReply(a Answer) []byte {
	raw := a.Raw
	if raw == nil {
		lines := strings.Split(a.Text, "\n")
		if len(lines) == 1 {
			lines = append(lines, c.offers()...)
		}
		raw = appendReply(nil, a.Code, a.Enhanced, lines)
	}
	lines := replyLines(raw)
	c.announce(lines[min(1, len(lines)):])
	return raw
}

// announce tells the session what lines behind the first of a reply to EHLO offer.
func (c *conn) announce(lines []string) {
	var offers []smtp.Offer
	for _, line := range lines {
		word, args, _ := strings.Cut(line, " ")
		if k := c.named(word); k != 0 {
			offers = append(offers, smtp.Offer{Keyword: k, Args: args})
		}
	}
	c.s.Offer(offers...)
}

func (c *conn) named(word string) smtp.Keyword {
	for k := 1; k < len(c.p.Keywords); k++ {
		if strings.EqualFold(word, c.p.Keywords[k].Name) {
			return smtp.Keyword(k)
		}
	}
	return 0
}
