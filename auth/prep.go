package auth

import (
	"fmt"
	"slices"

	"github.com/xdg-go/stringprep"
)

// queries is SASLprep for what is looked up: characters that Unicode 3.2 does not
// know are allowed (RFC 3454 §7).
var queries = func() stringprep.Profile {
	p := stringprep.SASLprep
	p.Prohibits = slices.DeleteFunc(slices.Clone(p.Prohibits), func(s stringprep.Set) bool {
		return s.Contains(0x0221) // the first of table A.1, and in no other
	})
	return p
}()

// prepare applies SASLprep (RFC 4013). The error does not show the text.
func prepare(profile stringprep.Profile, mechanism, what, text string) (string, error) {
	if err := checkText(mechanism, what, text); err != nil {
		return "", err
	}
	prepared, err := profile.Prepare(text)
	if err != nil || prepared == "" {
		return "", fmt.Errorf("auth: %s: SASLprep (RFC 4013) does not allow the %s: %w", mechanism, what, ErrCredentials)
	}
	return prepared, nil
}

// traces is the profile of ANONYMOUS (RFC 4505 §3).
var traces = stringprep.Profile{
	Prohibits: []stringprep.Set{
		stringprep.TableC2_1, stringprep.TableC2_2, stringprep.TableC3, stringprep.TableC4,
		stringprep.TableC5, stringprep.TableC6, stringprep.TableC8, stringprep.TableC9,
	},
	CheckBiDi: true,
}
