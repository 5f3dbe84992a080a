package main

import (
	"encoding/hex"
	"strconv"
)

// writer writes JSON. A name of "" is that of an element of a list.
type writer []byte

func (w *writer) name(name string) {
	if last := len(*w) - 1; last >= 0 && (*w)[last] != '{' && (*w)[last] != '[' {
		*w = append(*w, ',')
	}
	if name != "" {
		*w = append(*w, '"')
		*w = append(*w, name...)
		*w = append(*w, '"', ':')
	}
}

// begin begins an object or a list by its bracket, end ends it.
func (w *writer) begin(name string, bracket byte) {
	w.name(name)
	*w = append(*w, bracket)
}

func (w *writer) end(bracket byte) { *w = append(*w, bracket) }

func (w *writer) integer(name string, v uint64) {
	w.name(name)
	*w = strconv.AppendUint(*w, v, 10)
}

func (w *writer) text(name, s string) {
	w.name(name)
	*w = append(append(append(*w, '"'), s...), '"')
}

func (w *writer) bytes(name string, b []byte) {
	w.name(name)
	*w = append(*w, '"')
	*w = hex.AppendEncode(*w, b)
	*w = append(*w, '"')
}

func (w *writer) boolean(name string, v bool) {
	w.name(name)
	*w = strconv.AppendBool(*w, v)
}

// signed is what a program writes that takes a number for a signed one.
func (w *writer) signed(name string, v int64) {
	w.name(name)
	*w = strconv.AppendInt(*w, v, 10)
}

// double is what a program writes that keeps all numbers as 64-bit floating
// point, of which 53 bits are for digits.
func (w *writer) double(name string, v uint64) {
	w.name(name)
	*w = strconv.AppendFloat(*w, float64(v), 'f', 0, 64)
}
