package main

import "testing"

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{"0": 0, "4096": 4096, "64K": 64 << 10, "256M": 256 << 20, "2GiB": 2 << 30, "1T": 1 << 40} {
		if n, err := parseSize(s); n != want || err != nil {
			t.Errorf("%s: %d, %v", s, n, err)
		}
	}
	for _, s := range []string{"", "M", "-1", "1.5G", "12iB", "1MB", "9999999999999T", "1 M"} {
		if n, err := parseSize(s); err == nil {
			t.Errorf("%q is %d", s, n)
		}
	}
}
