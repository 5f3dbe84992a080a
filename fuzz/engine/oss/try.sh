#!/usr/bin/env bash
# Runs .clusterfuzzlite/build.sh with clang in place of the image's tools, and
# then each program that it has built, with its seeds and dictionary: for the
# number of executions that is given.
set -euo pipefail
cd "$(dirname "$0")/../../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src" "$work/out"
ln -s "$PWD" "$work/src/pchc"

SRC=$work/src OUT=$work/out CC=clang CXX=clang++ CFLAGS= CXXFLAGS= LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
  .clusterfuzzlite/build.sh

go build -o "$work/pchc" ./cmd/pchc
for program in "$work"/out/*.options; do
  program=${program%.options} target=${program##*/}
  target=${target%.options}
  echo "oss $target"
  crashers=fuzz/engine/testdata/crashers/$target # go test tries again what is there
  mkdir -p "$work/$target" "$crashers"
  # Reading the archive of seeds is a test of it.
  "$work/pchc" corpus export --format raw --target "$target" --to "$work/seeds" "${program}_seed_corpus.zip"
  # The image's own script turns the options file into arguments.
  # shellcheck disable=SC2046
  "$program" -runs="${1:-10000}" -verbosity=0 -print_final_stats=1 -dict="$program.dict" \
    $(sed -n 's/^\([a-z_]*\) = /-\1=/p' "$program.options") \
    -artifact_prefix="$crashers/" "$work/$target" "$work/seeds/$target"
  rmdir --ignore-fail-on-non-empty "$crashers"
done
