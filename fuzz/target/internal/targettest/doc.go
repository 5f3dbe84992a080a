// Package targettest has test helpers for package target and those below it.
package targettest
