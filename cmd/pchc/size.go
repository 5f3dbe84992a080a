package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// parseSize parses a number of bytes: 4096, 64K, 256M, 2G, also with "iB".
func parseSize(s string) (int64, error) {
	digits := strings.TrimSuffix(s, "iB")
	unit := int64(1)
	for i, sign := range "KMGT" {
		if cut, ok := strings.CutSuffix(digits, string(sign)); ok {
			digits, unit = cut, 1<<(10*(i+1))
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit || strings.HasSuffix(s, "iB") && unit == 1 {
		return 0, fmt.Errorf("must be a number of bytes such as 256M or 2G, not %q", s)
	}
	return n * unit, nil
}
