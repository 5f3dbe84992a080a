// Package http makes a fuzzing target from a hosted cache at a URL. It posts
// messages as clients do, and checks the reaction against MS-PCHC 3.1.5.
package http
