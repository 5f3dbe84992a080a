package main

// outside keeps n bytes.
func (w *waste) outside(n int) { w.memory(n) }
