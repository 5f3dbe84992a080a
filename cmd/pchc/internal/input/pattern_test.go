package input

import "testing"

// TestPatterns compiles those that no other test may need.
func TestPatterns(t *testing.T) {
	if len(patterns) < 50 {
		t.Errorf("%d patterns", len(patterns))
	}
	for _, p := range patterns {
		p()
	}
}
