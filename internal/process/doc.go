// Package process runs a shell command or a program in its own process group, so that it
// ends together with its children, and describes how it ended.
package process
