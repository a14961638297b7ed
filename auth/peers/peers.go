// Package peers holds package auth against other implementations of the same
// mechanisms, each as client and as server: xdg-go/scram and emersion/go-sasl. It
// has tests only, in a module of its own, so that nobody else needs them.
package peers
