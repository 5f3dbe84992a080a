//go:build !purego

package cbc

import "testing"

func TestAllocations(t *testing.T) {
	if !fast {
		t.Skip("this processor has no AES instructions, or FIPS 140-3 mode is on")
	}
	key, iv, b := random(1, 32), random(2, BlockLen), random(3, 1<<10)
	if n := testing.AllocsPerRun(10, func() { Decrypt(b, b, key, iv) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
