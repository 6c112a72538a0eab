#!/usr/bin/env bash
# Searches for inputs that break a fuzz target.
#
#   scripts/fuzz.sh TARGET [SECONDS]     tests/fuzz/TARGET_fuzz.cc, 60 seconds
#   scripts/fuzz.sh                      lists the targets
#
# Builds with clang's libFuzzer, AddressSanitizer and UBSan in build/fuzz. What
# it finds lies in build/fuzz/findings/; a finding that was mended belongs in
# tests/fuzz/corpus/TARGET/, where every test run replays it.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ $# -eq 0 ]]; then
  for file in tests/fuzz/*_fuzz.cc; do basename "$file" _fuzz.cc; done
  exit 0
fi
target=$1
seconds=${2:-60}
if [[ ! -e tests/fuzz/${target}_fuzz.cc ]]; then
  echo "fuzz: there is no target $target; run $0 without arguments" >&2
  exit 2
fi

cmake -S . -B build/fuzz -G Ninja -Wno-dev --log-level=WARNING \
  -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
  -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
  -DUSHER_SANITIZE=address,undefined,fuzzer-no-link \
  -DUSHER_BUILD_MODULE=OFF -DUSHER_FUZZ=ON >/dev/null
ninja -C build/fuzz --quiet "${target}_fuzz"

mkdir -p "build/fuzz/corpus/$target" build/fuzz/findings
exec "$(find build/fuzz -name "${target}_fuzz" -type f)" \
  -max_total_time="$seconds" -runs="${RUNS:--1}" -timeout=10 -rss_limit_mb=1024 \
  -artifact_prefix="build/fuzz/findings/$target-" -print_final_stats=1 \
  "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
