package message_test

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tabellarius/tabellarius/smtp/message"
)

func ExampleMessage_Envelope() {
	m, err := message.Read(strings.NewReader(letter2))
	if err != nil {
		fmt.Println(err)
		return
	}
	env, err := m.Envelope()
	fmt.Println(env.From, env.To, env.Size, err)
	io.Copy(os.Stdout, m.Content())
	// Output:
	// tim@example.org [ann@example.net eve@example.com] 72 <nil>
	// From: Tim <tim@example.org>
	// To: ann@example.net
	// Subject: hi
	//
	// hello
}

const letter2 = `From: Tim <tim@example.org>
To: ann@example.net
Bcc: eve@example.com
Subject: hi

hello
`

func ExampleMessage_Encoded() {
	m, err := message.Read(strings.NewReader("Subject: x\nMIME-Version: 1.0\nContent-Type: image/png\n\n\x89PNG\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+v\n", m.Needs())
	content, err := m.Encoded(message.Transport{})
	if err != nil {
		fmt.Println(err)
		return
	}
	io.Copy(os.Stdout, content)
	// Output:
	// {Size:64 EightBit:true Binary:false LongLines:false UTF8:false}
	// Subject: x
	// MIME-Version: 1.0
	// Content-Type: image/png
	// Content-Transfer-Encoding: base64
	//
	// iVBORw0K
}

func ExampleASCII() {
	fmt.Println(message.ASCII("tim@bücher.example"))
	_, err := message.ASCII("jürgen@bücher.example")
	fmt.Println(err)
	// Output:
	// tim@xn--bcher-kva.example <nil>
	// smtp: SMTPUTF8 is not offered: an address has characters above ASCII in front of its at sign, for which there is no other form (RFC 6531 §3.2)
}
