// Package process runs a shell command in a process group of its own, so that it
// ends with all that it started, and says how it ended.
package process
