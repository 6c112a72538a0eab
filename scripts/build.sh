#!/usr/bin/env bash
# Builds only.
#
#   scripts/build.sh [PRESET]   release (default), dev, asan or tsan
#
# Results: build/PRESET/usher and build/PRESET/ngx_http_usher_module.so
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
setup=run
[[ $preset == release ]] || setup="test"

# Another clone of the same sources finds the objects of this one.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

scripts/setup.sh "$setup"
cmake --preset "$preset" --log-level=WARNING
cmake --build --preset "$preset"
