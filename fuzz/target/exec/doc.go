// Package exec makes a fuzzing target from a decoder in any language: a child
// process that reads lines from standard input and answers each with a line of
// JSON on standard output. See fuzz/examples for two such programs.
package exec
