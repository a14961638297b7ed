package smtp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tabellarius/tabellarius/smtp"
)

// carrier is MAIL or RCPT, whichever may have the parameter, with the
// parameters given.
func carrier(id smtp.Param, params *smtp.Params) smtp.Command {
	if smtp.Table.Params[id].Of[0] == op("RCPT") {
		return &smtp.Rcpt{To: "b@example.test", Params: params}
	}
	return &smtp.Mail{From: "a@example.test", Params: params}
}

func paramsOf(c smtp.Command) *smtp.Params {
	if r, ok := c.(*smtp.Rcpt); ok {
		return r.Params
	}
	return c.(*smtp.Mail).Params
}

// comesBack holds for any value that is drawn: it goes out with its command, a
// server of the same table takes the line, and the value is read from it as it
// was. beside sets what has to stand beside it.
func comesBack[T any](t *testing.T, key smtp.ParamKey[T], draw func(*rapid.T) T, beside func(*smtp.Params)) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		v := draw(rt)
		var params smtp.Params
		if beside != nil {
			beside(&params)
		}
		smtp.Set(&params, key, v)
		line, err := smtp.AppendCommand(nil, smtp.Table, carrier(key.Param, &params))
		if err != nil {
			rt.Fatalf("%v: %v", v, err)
		}
		back := carrier(key.Param, nil)
		if err := smtp.ParseCommand(smtp.Table, line, back); err != nil {
			rt.Fatalf("%q: %v", line, err)
		}
		if got, ok := smtp.Get(paramsOf(back), key); !ok || !cmp.Equal(got, v) {
			rt.Fatalf("%v became %q, and that %v", v, line, got)
		}
	})
}

// onTheWire holds that a value has its form in a document, and that the form is
// read as the value.
func onTheWire[T any](t *testing.T, key smtp.ParamKey[T], form string, v T, beside func(*smtp.Params)) {
	t.Helper()
	var params smtp.Params
	smtp.Set(&params, key, v)
	if beside != nil {
		beside(&params)
	}
	line, err := smtp.AppendCommand(nil, smtp.Table, carrier(key.Param, &params))
	if err != nil || !strings.HasSuffix(" "+strings.TrimSpace(string(line))+" ", " "+form+" ") && !strings.Contains(string(line), " "+form+" ") {
		t.Errorf("%v is %q, %v; want %s", v, line, err, form)
	}
	_, value, _ := strings.Cut(form, "=")
	if key.Parse == nil {
		return
	}
	if got, err := key.Parse([]byte(value)); err != nil || !cmp.Equal(got, v) {
		t.Errorf("%s is read as %v, %v; want %v", form, got, err, v)
	}
}

// refused holds that a server of the table does not take a parameter in these
// forms, and that they can't be put on a line raw.
func refused[T any](t *testing.T, key smtp.ParamKey[T], values ...string) {
	t.Helper()
	for _, v := range values {
		name := smtp.Table.Params[key.Param].Name
		line := "MAIL FROM:<a@example.test> " + name + "=" + v
		back := carrier(key.Param, nil)
		if _, ok := back.(*smtp.Rcpt); ok {
			line = "RCPT TO:<b@example.test> " + name + "=" + v
		}
		var wrong *smtp.ArgumentError
		if err := smtp.ParseCommand(smtp.Table, []byte(line), back); !errors.As(err, &wrong) {
			t.Errorf("%q was read: %v", line, err)
		}
		var params smtp.Params
		params.PutString(key.Param, v)
		if out, err := smtp.AppendCommand(nil, smtp.Table, carrier(key.Param, &params)); !errors.As(err, &wrong) {
			t.Errorf("%q was written: %q, %v", v, out, err)
		}
	}
}

// notOffered holds that where the server does not name the keyword the
// parameter is an error, and nothing is written.
func notOffered[T any](t *testing.T, keyword string, key smtp.ParamKey[T], v T, cfg smtp.Config) {
	t.Helper()
	p := newPeer(t, cfg, keyword)
	var params smtp.Params
	smtp.Set(&params, key, v)
	c := carrier(key.Param, &params)
	if _, ok := c.(*smtp.Rcpt); ok {
		p.must(p.s.Mail("a@example.test", nil))
		p.flush()
		p.reply("250 ok")
	}
	_, err := p.s.Do(c)
	var missing *smtp.MissingError
	if !errors.As(err, &missing) || missing.Name != keyword {
		t.Errorf("without %s: %v", keyword, err)
	}
	p.wants("nothing was written", "")
}

// lineComesBack holds that a command is the line, and the line the command.
func lineComesBack(t *testing.T, line string, c, empty smtp.Command) {
	t.Helper()
	out, err := smtp.AppendCommand(nil, smtp.Table, c)
	if err != nil || string(out) != line+"\r\n" {
		t.Errorf("%+v is %q, %v; want %s", c, out, err, line)
	}
	if err := smtp.ParseCommand(smtp.Table, []byte(line), empty); err != nil || !cmp.Equal(c, empty) {
		t.Errorf("%s is read as %+v, %v", line, empty, err)
	}
}

// linesRefused holds that no lines of a command are these.
func linesRefused(t *testing.T, empty smtp.Command, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if err := smtp.ParseCommand(smtp.Table, []byte(line), empty); err == nil {
			t.Errorf("%q was read, as %+v", line, empty)
		}
	}
}

// commandNotOffered holds that a command of an extension that the server does
// not name is an error, and nothing is written.
func commandNotOffered(t *testing.T, keyword string, c smtp.Command) {
	t.Helper()
	p := newPeer(t, smtp.Config{}, keyword)
	_, err := p.s.Do(c)
	var missing *smtp.MissingError
	if !errors.As(err, &missing) || missing.Name != keyword {
		t.Errorf("%T without %s: %v", c, keyword, err)
	}
	p.wants("nothing was written", "")
}

// said is what a server says behind a keyword, in its type.
func said[T any](t *testing.T, key smtp.KeywordKey[T], line string) (T, bool) {
	t.Helper()
	p := newPeer(t, smtp.Config{})
	p.must(p.s.Hello("client.example.test"))
	p.flush()
	p.feed(multiline("250", "mx.example.test", line))
	return smtp.Capability(p.s, key)
}

// word draws what stands in a value without a sign that parts it.
func word(t *rapid.T, name string) string {
	return rapid.StringMatching(`[A-Za-z0-9._~-]{1,12}`).Draw(t, name)
}

// anyText draws text of any octets, as xtext takes it.
func anyText(t *rapid.T, name string, most int) string {
	return string(rapid.SliceOfN(rapid.Byte(), 1, most).Draw(t, name))
}
