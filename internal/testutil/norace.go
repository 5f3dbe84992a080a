//go:build !race

package testutil

// Race reports whether the race detector is on. It makes calls allocate that
// do not otherwise.
const Race = false
