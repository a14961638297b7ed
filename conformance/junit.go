package conformance

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
	Skipped *junitMessage `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the report as JUnit XML, as CI systems read it. A known
// deviation counts as passed and one that is gone as failed; a warning passes
// and stands in the output of its case.
func (r *Report) WriteJUnit(w io.Writer) error {
	suite := junitSuite{Name: "smtpconform " + r.Peer(), Tests: len(r.Results), Time: fmt.Sprintf("%.3f", r.Seconds)}
	for i := range r.Results {
		x := &r.Results[i]
		c := junitCase{Name: x.ID, Class: "smtp." + strings.ReplaceAll(x.Area, " ", "_"), Time: fmt.Sprintf("%.3f", float64(x.Ms)/1000)}
		message := &junitMessage{Message: x.message(), Type: string(x.Level), Text: x.conversation()}
		switch {
		case x.Verdict == Skipped:
			suite.Skipped++
			c.Skipped = &junitMessage{Message: "missing: " + x.Missing}
		case !x.Unexpected:
			if len(x.Findings) > 0 {
				c.Out = x.message()
			}
		case x.Verdict == Error:
			suite.Errors++
			c.Error = message
		default:
			suite.Failures++
			c.Failure = message
		}
		suite.Cases = append(suite.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(suite); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (x *Result) message() string {
	text := string(x.Verdict) + ": " + strings.Join(x.Findings, "; ")
	switch {
	case x.Reason != "" && x.Unexpected:
		text = "expected to deviate, and does not: " + x.Reason
	case x.Reason != "":
		text += " (known: " + x.Reason + ")"
	}
	return text + " [" + x.Source() + "]"
}

func (x *Result) conversation() string {
	var b strings.Builder
	for _, l := range x.Log {
		fmt.Fprintf(&b, "%d %s: %s\n", l.Conn, l.From, l.Text)
	}
	return b.String()
}
