//go:build gofuzz

package mutate

// words returns nothing where libFuzzer mutates too: it is given the dictionary
// itself, and go-fuzz-build cannot build what embeds files of subfolders, as
// package corpus does.
func words() [][]byte { return nil }
