//go:build gofuzz_libfuzzer

package engine

// extern const char *pchc_target __attribute__((weak));
//
// static const char *target(void) { return &pchc_target ? pchc_target : ""; }
import "C"

import "sync"

// FuzzLinked is the target named by the C variable pchc_target. So one archive,
// which takes long to build, is linked into the programs of all targets:
//
//	const char *pchc_target = "FuzzDifferentialRequest";
func FuzzLinked(b []byte) int { return linked()(b) }

var linked = sync.OnceValue(func() func([]byte) int {
	name := C.GoString(C.target())
	for _, t := range Targets() {
		if t.Name == name {
			return t.Fuzz
		}
	}
	panic("unknown target " + name)
})
