package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"
)

// A Job is what a client is asked to send. Fields that are not set stay at the
// client's own defaults.
type Job struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Protocol string `json:"protocol"` // smtp or lmtp

	// TLS is "none": never; "opportunistic": if offered; "starttls": required;
	// "implicit": from the first octet. CA is a file in PEM form: trust this authority
	// and no other. Name is the name that the certificate is checked against and
	// that goes into SNI; empty: Host.
	TLS  string `json:"tls"`
	CA   string `json:"ca,omitempty"`
	Name string `json:"name,omitempty"`

	Helo string `json:"helo,omitempty"` // name in EHLO; empty: the client's choice

	// User and Password, or User and Token, are credentials. Without ClearAuth they
	// go over TLS only. Mechanism is the one to use; empty: the client's choice.
	User      string `json:"user,omitempty"`
	Password  string `json:"password,omitempty"`
	Token     string `json:"token,omitempty"`
	Mechanism string `json:"mechanism,omitempty"`
	ClearAuth bool   `json:"clearAuth,omitempty"`

	From    string   `json:"from"`
	To      []string `json:"to"`
	Message string   `json:"message"` // a file, to be passed octet by octet

	// What follows are the options, each by the name in capabilities.
	Count      int      `json:"count,omitempty"`      // send the message so often, over one connection if possible
	Timeout    float64  `json:"timeout,omitempty"`    // seconds, for each command
	Body       string   `json:"body,omitempty"`       // 7bit, 8bit or binary
	SMTPUTF8   bool     `json:"smtputf8,omitempty"`   // the header has UTF-8
	RequireTLS bool     `json:"requiretls,omitempty"` // RFC 8689
	Size       int64    `json:"size,omitempty"`       // declare this size
	Ret        string   `json:"ret,omitempty"`        // RFC 3461, as are the next three
	Envid      string   `json:"envid,omitempty"`      // before it is coded as xtext
	Notify     string   `json:"notify,omitempty"`     // of each recipient
	Orcpt      string   `json:"orcpt,omitempty"`      // type;address, before it is coded as xtext
	MailParams []string `json:"mailParams,omitempty"` // KEY or KEY=VALUE, the value as it stands on the wire
	RcptParams []string `json:"rcptParams,omitempty"`
	Chunk      int      `json:"chunk,omitempty"`     // BDAT in pieces of so many octets
	FailAfter  int64    `json:"failAfter,omitempty"` // the message's source fails after so many octets

	Content []byte `json:"-"` // of Message
	pem     []byte // of CA
	id      string // of the case
	idle    func(context.Context) bool
}

// wire is a Job as a driver gets it: addresses that are no UTF-8 go in base64.
func (j *Job) wire() ([]byte, error) {
	type plain Job
	w := struct {
		*plain
		To64 []string `json:"to64,omitempty"`
	}{plain: (*plain)(j)}
	for _, to := range j.To {
		if !utf8.ValidString(to) {
			for _, to := range j.To {
				w.To64 = append(w.To64, base64.StdEncoding.EncodeToString([]byte(to)))
			}
			break
		}
	}
	return json.Marshal(w)
}

// Features are what a client can do. What it lacks is skipped, not failed.
type Features struct {
	Client string   `json:"client"` // name and version
	TLS    []string `json:"tls"`    // of opportunistic, starttls, implicit
	Auth   []string `json:"auth"`   // mechanisms
	Ext    []string `json:"ext"`    // keywords of extensions that it uses
	// Opt are the options of a Job that it takes: count, timeout, smtputf8,
	// requiretls, size, dsn, param, chunk, fail-after, helo, octets (addresses in
	// to64), literal (recipients and senders in any syntax of RFC 5321).
	Opt  []string `json:"opt"`
	LMTP bool     `json:"lmtp"`
	// Serves says that the driver reads job after job until the end of its input;
	// else it is started for each.
	Serves bool `json:"serves"`
}

// A Recipient is what became of a message for one recipient.
type Recipient struct {
	To string `json:"to"`
	// Outcome is accepted, temporary, permanent, not-sent or unknown.
	Outcome  string `json:"outcome"`
	Code     int    `json:"code,omitempty"`
	Enhanced string `json:"enhanced,omitempty"`
	Text     string `json:"text,omitempty"`
}

// An Answer is what a client reports.
type Answer struct {
	Recipients []Recipient   `json:"recipients,omitempty"`
	Messages   [][]Recipient `json:"messages,omitempty"` // with Count, instead of Recipients
	Error      string        `json:"error,omitempty"`
	TLS        bool          `json:"tls,omitempty"`
	Auth       string        `json:"auth,omitempty"` // the mechanism that was used
	// Skipped says that the client can't do what it was asked for, and why.
	Skipped string `json:"skipped,omitempty"`

	output string // all that the client wrote, for the search for secrets
	memory int64  // the most octets that were resident, if known
}

// messages are the lists of recipients, one for each message.
func (a *Answer) messages() [][]Recipient {
	if a.Messages != nil {
		return a.Messages
	}
	return [][]Recipient{a.Recipients}
}
