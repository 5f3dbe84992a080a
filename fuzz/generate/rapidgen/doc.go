// Package rapidgen generates messages of MS-PCHC and Content Information of
// MS-PCCRC for property tests with [rapid]: values of packages codec and pccrc that
// violate no rule, and bytes for tests of any other implementation.
//
// Package generate makes the messages, rapid makes the choices. So boundary values
// are drawn often, and failures shrink to the simplest message.
//
// It is a package of its own so that only its importers depend on rapid.
//
// [rapid]: https://pkg.go.dev/pgregory.net/rapid
package rapidgen
