package smtp_test

import (
	"slices"

	"github.com/tabellarius/tabellarius/smtp"
)

// sampleValue is a value that suits a parameter, in its form on the wire; empty
// for a parameter without one.
func sampleValue(info *smtp.ParamInfo) string {
	switch info.Name {
	case "AUTH":
		return "a@example.test"
	case "HOLDUNTIL", "RRVS":
		return "2030-01-02T03:04:05Z"
	case "BY":
		return "120;R"
	case "NOTIFY":
		return "NEVER"
	case "ORCPT":
		return "rfc822;a@example.test"
	case "TRANSID":
		return "<1@example.test>"
	}
	switch {
	case len(info.Values) > 0:
		return info.Values[len(info.Values)-1].Word
	case info.Value:
		return "7"
	}
	return ""
}

// sampleParam is the parameter with such a value.
func sampleParam(info *smtp.ParamInfo) string {
	if v := sampleValue(info); v != "" {
		return info.Name + "=" + v
	}
	return info.Name
}

// sampleParams are parameters of a command that can stand together where no
// fact holds, with values, in the order of the table.
func sampleParams(of smtp.Op) (ids []smtp.Param) {
	for i := 1; i < len(smtp.Table.Params); i++ {
		info := &smtp.Table.Params[i]
		if slices.Contains(info.Of, of) && info.Needs == 0 && !slices.ContainsFunc(info.Apart, func(other smtp.Param) bool { return slices.Contains(ids, other) }) {
			ids = append(ids, smtp.Param(i))
		}
	}
	return ids
}

// arguments are some that suit a command, in their form on the wire.
func arguments(c *smtp.CommandInfo) string {
	switch c.Name {
	case "EHLO", "HELO", "LHLO":
		return " client.example.test"
	case "MAIL":
		return "<a@example.test>"
	case "RCPT":
		return "<b@example.test>"
	case "VRFY", "EXPN":
		return " staff"
	case "VRFY-UTF8", "EXPN-UTF8":
		return " staff SMTPUTF8"
	case "AUTH":
		return " PLAIN"
	case "ETRN":
		return " @example.test"
	case "XCLIENT", "XFORWARD":
		return " NAME=client.example.test"
	}
	switch c.Role {
	case smtp.RoleChunk:
		return " 4"
	case smtp.RoleLastChunk:
		return " 4 LAST"
	case smtp.RoleURL:
		return " imap://example.test/1"
	case smtp.RoleURLLast:
		return " imap://example.test/1 LAST"
	}
	return ""
}
