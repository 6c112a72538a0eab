#!/usr/bin/env bash
# clang-tidy over our C++ files; every finding is an error.
#
#   scripts/tidy.sh [PATTERN]   only files whose path matches, e.g. core/ticket
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh test
cmake --preset dev --log-level=WARNING
run-clang-tidy-19 -quiet -p build/dev "$PWD/.*${1:-}.*\.cc$"
