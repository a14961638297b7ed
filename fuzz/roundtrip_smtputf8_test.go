package fuzz

import "github.com/tabellarius/tabellarius/smtp"

func init() {
	composed = append(composed, &smtp.VrfyUTF8{}, &smtp.ExpnUTF8{})
}
