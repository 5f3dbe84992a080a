// Package exec makes a fuzzing target of a program that decodes messages: a child
// process that reads lines from its standard input and answers each with a line
// of JSON on its standard output. See fuzz/examples for two such programs.
package exec
