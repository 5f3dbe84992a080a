// Package reference writes pages for people from the tables of package spec: for
// every structure a diagram of its bits, its fields, and the rules that it must
// keep. UPDATE=1 go test ./spec/reference writes ms-pchc.md and ms-pccrc.md anew.
package reference
