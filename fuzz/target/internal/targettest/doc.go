// Package targettest has what the tests of package target and of those below it
// share.
package targettest
