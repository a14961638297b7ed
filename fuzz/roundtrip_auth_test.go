package fuzz

import "github.com/tabellarius/tabellarius/smtp"

func init() {
	typed = append(typed, &smtp.Auth{}, &smtp.AuthLine{}, &smtp.AuthCancel{})
}
