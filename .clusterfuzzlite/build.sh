#!/bin/bash -eu
# Builds the fuzz targets for ClusterFuzzLite and OSS-Fuzz: to $OUT, with seeds
# and dictionary for each. The module is in $SRC/pchc; CC, CXX, their flags and
# LIB_FUZZING_ENGINE are set. make fuzz-oss tries it.
cd "$SRC/pchc"
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

# The version of Go that tools/go.mod asks for is fetched if the image has another one.
export GOTOOLCHAIN=auto

# One archive holds all targets. A variable tells which one a program is, and
# the hooks of the mutator must be asked for.
GOWORK=$PWD/tools/tools.work go tool go-fuzz-build -libfuzzer -func FuzzLinked -o "$build/targets.a" github.com/hostedcache/pchc/fuzz/engine
go build -o "$build/pchc" ./cmd/pchc
# shellcheck disable=SC2086 # flags are words
for target in $(go run ./fuzz/engine/run -list); do
  echo "const char *pchc_target = \"$target\";" >"$build/$target.c"
  $CC ${CFLAGS:-} -c "$build/$target.c" -o "$build/$target.o"
  $CXX ${CXXFLAGS:-} $LIB_FUZZING_ENGINE -Wl,-u,LLVMFuzzerCustomMutator,-u,LLVMFuzzerCustomCrossOver \
    "$build/$target.o" "$build/targets.a" -o "$OUT/$target"
  "$build/pchc" corpus export --format ossfuzz --target "$target" --to "$OUT"
  printf '[libfuzzer]\nmax_len = 8192\nlen_control = 100\n' >"$OUT/$target.options"
done
