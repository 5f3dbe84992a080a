package wireshark

import (
	"fmt"
	"math/big"
	"strings"
)

// constants returns the constants of SHA-256 and SHA-512 (FIPS 180-4 4.2.3, 5.3.4,
// 5.3.5) in Lua: the first 64 bits behind the point of the roots of primes. Those of
// SHA-256 are the upper halves.
func constants() string {
	var primes []int64
	for n := int64(2); len(primes) < 80; n++ {
		if big.NewInt(n).ProbablyPrime(0) {
			primes = append(primes, n)
		}
	}
	var b strings.Builder
	table := func(name string, primes []int64, degree int64) {
		fmt.Fprintf(&b, "  local %s = {", name)
		for i, p := range primes {
			if i%4 == 0 {
				b.WriteString("\n   ")
			}
			bits := root(p, degree)
			fmt.Fprintf(&b, " { 0x%08x, 0x%08x },", bits>>32, bits&0xffffffff)
		}
		b.WriteString("\n  }\n")
	}
	table("rounds", primes, 3)
	table("starts", primes[:8], 2)
	table("starts384", primes[8:16], 2)
	return strings.TrimRight(b.String(), "\n")
}

// root returns the first 64 bits behind the point of the root of p.
func root(p, degree int64) uint64 {
	scaled := new(big.Int).Lsh(big.NewInt(p), uint(64*degree))
	x := new(big.Int)
	for bit := 72; bit >= 0; bit-- { // the roots of these primes are below 2^8
		x.SetBit(x, bit, 1)
		if new(big.Int).Exp(x, big.NewInt(degree), nil).Cmp(scaled) > 0 {
			x.SetBit(x, bit, 0)
		}
	}
	return x.And(x, new(big.Int).SetUint64(1<<64-1)).Uint64()
}
