//go:build gofuzz

package mutate

// words returns nothing under libFuzzer, which reads the dictionary itself, and
// go-fuzz-build cannot build packages that embed files of subfolders, as corpus
// does.
func words() [][]byte { return nil }
