// Package fields reads the JSON objects that pchc decode --json writes back
// into what spec.Assemble makes messages of.
package fields
