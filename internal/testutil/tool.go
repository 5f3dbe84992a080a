package testutil

import (
	"os"
	"os/exec"
	"testing"
)

// Tool returns the path of a program that a test runs. Where it is not
// installed the test is skipped, but fails if the environment has CI=true.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, name+" is not installed")
	}
	return path
}

// Missing skips a test that lacks something, and fails it if the environment
// has CI=true.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}
