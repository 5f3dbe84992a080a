// Command archive is a C archive for fuzzers of foreign decoders under libFuzzer, and so for
// OSS-Fuzz and ClusterFuzz: the mutations of package mutate, and the verdict of package spec.
// See ../README.md.
package main

// #include <stddef.h>
// #include <stdint.h>
//
// // The harness says which kind of message it reads: "request", "response", "content", ...
// extern const char *pchc_kind __attribute__((weak));
// static const char *kind(void) { return &pchc_kind ? pchc_kind : ""; }
//
// // libFuzzer has it; what cgo links on the way does not.
// size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max) __attribute__((weak));
// static size_t mutate(uint8_t *data, size_t size, size_t max) {
//   return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, max) : size;
// }
import "C"

import (
	"math/rand/v2"
	"sync"
	"unsafe"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/mutate"
	"github.com/hostedcache/pchc/spec"
)

func main() {}

var kind = sync.OnceValue(func() spec.Kind {
	k, known := spec.ParseKind(C.GoString(C.kind()))
	if !known {
		panic("pchc_kind is not the name of a kind of message")
	}
	return k
})

// pchc_valid reports whether the size bytes at data violate no format rule. If they do,
// offset is that of the field at fault.
//
//export pchc_valid
func pchc_valid(data *C.uint8_t, size C.size_t, offset *C.size_t) C.int {
	v, violated := spec.Dissect(kind(), unsafe.Slice((*byte)(data), int(size))).First()
	if !violated {
		return 1
	}
	*offset = C.size_t(v.Offset)
	return 0
}

var (
	source  = rand.NewPCG(0, 0)
	choices = rand.New(source)
	buffer  []byte
)

// LLVMFuzzerCustomMutator mutates size bytes at data in place and returns their new
// number, at most max: one time in four as libFuzzer does it.
//
//export LLVMFuzzerCustomMutator
func LLVMFuzzerCustomMutator(data *C.uint8_t, size, max C.size_t, seed C.uint) C.size_t {
	source.Seed(uint64(seed), 0)
	if choices.IntN(4) == 0 {
		return C.mutate(data, size, max)
	}
	return change(data, max, unsafe.Slice((*byte)(data), int(size)), nil)
}

// LLVMFuzzerCustomCrossOver combines two inputs to at most max bytes at out, and returns
// how many.
//
//export LLVMFuzzerCustomCrossOver
func LLVMFuzzerCustomCrossOver(a *C.uint8_t, lenA C.size_t, b *C.uint8_t, lenB C.size_t, out *C.uint8_t, max C.size_t, seed C.uint) C.size_t {
	source.Seed(uint64(seed), 1)
	return change(out, max, unsafe.Slice((*byte)(a), int(lenA)), unsafe.Slice((*byte)(b), int(lenB)))
}

func change(out *C.uint8_t, max C.size_t, input, other []byte) C.size_t {
	buffer = mutate.Append(buffer[:0], choices, fuzz.Message{Kind: kind(), Bytes: input}, fuzz.Message{Kind: kind(), Bytes: other})
	return C.size_t(copy(unsafe.Slice((*byte)(out), int(max)), buffer))
}
