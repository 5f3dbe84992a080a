//go:build gofuzz_libfuzzer

package engine

// #include <stddef.h>
// #include <stdint.h>
//
// // libFuzzer has it; what cgo links on the way does not.
// __attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
//
// static size_t mutate(uint8_t *data, size_t size, size_t max) {
//   return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, max) : size;
// }
import "C"

import (
	"math/rand/v2"
	"unsafe"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/mutate"
)

// The hooks of libFuzzer: mutations of package mutate, mixed with libFuzzer's own.
// The linker takes them from the archive only with -Wl,-u,NAME.

var (
	source  = rand.NewPCG(0, 0)
	choices = rand.New(source)
	buffer  []byte
	before  [16][]byte // some earlier mutations, to take parts from
)

// LLVMFuzzerCustomMutator mutates the input of size bytes at data in place, and
// returns its new size, at most max. libFuzzer passes a random number generator's
// seed.
//
//export LLVMFuzzerCustomMutator
func LLVMFuzzerCustomMutator(data *C.uint8_t, size, max C.size_t, rngSeed C.uint) C.size_t {
	source.Seed(uint64(rngSeed), 0)
	if choices.IntN(4) == 0 {
		return C.mutate(data, size, max)
	}
	input := unsafe.Slice((*byte)(data), int(size))
	i := choices.IntN(len(before))
	result := change(unsafe.Slice((*byte)(data), int(max)), input, before[i])
	if choices.IntN(8) == 0 {
		before[i] = append(before[i][:0], buffer...)
	}
	return result
}

// LLVMFuzzerCustomCrossOver combines two inputs to at most max bytes at out, and
// returns how many.
//
//export LLVMFuzzerCustomCrossOver
func LLVMFuzzerCustomCrossOver(data1 *C.uint8_t, size1 C.size_t, data2 *C.uint8_t, size2 C.size_t, out *C.uint8_t, max C.size_t, rngSeed C.uint) C.size_t {
	source.Seed(uint64(rngSeed), 1)
	return change(unsafe.Slice((*byte)(out), int(max)),
		unsafe.Slice((*byte)(data1), int(size1)), unsafe.Slice((*byte)(data2), int(size2)))
}

// change writes a mutated input to out, perhaps with parts of another.
func change(out, input, other []byte) C.size_t {
	n := min(running.prefix, len(input))
	buffer = append(buffer[:0], input[:n]...)
	if n > 0 && choices.IntN(8) == 0 {
		buffer[0] = byte(choices.Uint32())
	}
	buffer = mutate.Append(buffer, choices,
		fuzz.Message{Kind: running.kind, Bytes: input[n:]}, fuzz.Message{Kind: running.kind, Bytes: other[min(running.prefix, len(other)):]})
	return C.size_t(copy(out, buffer))
}
