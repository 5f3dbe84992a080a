// Package campaign tries messages on targets until a budget is used up, and
// makes of everything that goes wrong a finding: minimal, explained, and told
// once.
package campaign
