package smtp_test

func ExampleSession_Chunk() {
	s := ready("CHUNKING")
	s.Mail("alice@example.org", nil)
	exchange(s, "250 ok\r\n")
	s.Rcpt("bob@example.com", nil)
	exchange(s, "250 ok\r\n")
	message := []byte("Subject: hello\r\n\r\n.dots stay\r\n")
	s.Chunk(len(message), true)
	s.Content(message)
	exchange(s, "250 queued as 4F2A\r\n")
	// Output:
	// C: MAIL FROM:<alice@example.org>
	// C: RCPT TO:<bob@example.com>
	// C: BDAT 30 LAST
	// C: Subject: hello
	// C:
	// C: .dots stay
}
