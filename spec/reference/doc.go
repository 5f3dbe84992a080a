// Package reference generates reference pages in Markdown from the tables of
// package spec: for each structure a diagram of its bits, its fields and its rules,
// and then all other requirements.
// UPDATE=1 go test ./spec/reference generates ms-pchc.md and ms-pccrc.md again.
package reference
