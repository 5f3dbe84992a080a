package target

import (
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
)

// number is an integer in JSON, in any form: 1, 1.0, 1e0.
type number uint64

// numberOf returns the value of a JSON number, if it is one of an integer that fits.
// It is exact: a floating-point number would lose digits.
func numberOf(text []byte) (v uint64, ok bool) {
	if v, err := strconv.ParseUint(string(text), 10, 64); err == nil {
		return v, true
	}
	const (
		longest  = 100 // digits that no right number needs
		greatest = 100 // exponent, likewise
	)
	if len(text) > longest || !json.Valid(text) { // big.Rat reads other forms, too
		return 0, false
	}
	for i, c := range text {
		if c|0x20 == 'e' {
			if e, err := strconv.Atoi(string(text[i+1:])); err != nil || e > greatest || e < -greatest {
				return 0, false
			}
		}
	}
	r, ok := new(big.Rat).SetString(string(text))
	if !ok || !r.IsInt() || !r.Num().IsUint64() {
		return 0, false
	}
	return r.Num().Uint64(), true
}

// UnmarshalJSON implements [json.Unmarshaler].
func (n *number) UnmarshalJSON(text []byte) error {
	v, ok := numberOf(text)
	if !ok && string(text) != "null" {
		return errors.New(Excerpt(string(text)) + " is not a number of a field")
	}
	*n = number(v)
	return nil
}
