// Package message readies a stored message for package smtpclient: it takes the
// envelope from the header, leaves Bcc out, finds what the message needs of a
// server, and re-encodes what the server doesn't take.
//
// [New] goes once through a message that can be read at any place, such as a
// file; [Read] takes one from any reader into memory. What it found is told by
// [Message.Envelope] and [Message.Needs]; [Send] sends it.
//
// A message has either of two forms, and its first line end tells which. On the
// wire every line ends in CRLF; another CR or LF is content, which only binary
// parts may have. Stored locally lines end in LF, and all line ends are brought
// into the form of the wire when the message is sent; only in a part that is
// labelled binary and is no text, LF is content.
//
// Nothing is touched that need not be: the message comes out octet for octet as
// it went in, but for Bcc and Resent-Bcc, and for the parts that are
// re-encoded with their Content-Transfer-Encoding. Memory is bounded whatever
// the message is: a header of 1 MiB, 64 KiB of the rest, and a note of each of at
// most 10,000 parts that may have to be changed.
//
// Building a message is for other packages; what they write is taken as it is.
package message
