// Package http makes a fuzzing target of a hosted cache at a URL. Messages are
// posted to it as clients do, and what it does with them is judged by MS-PCHC
// 3.1.5.
package http
