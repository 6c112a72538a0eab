#!/usr/bin/env bash
# clang-format over every C and C++ file of the tree.
#
#   scripts/format.sh           writes
#   scripts/format.sh --check   names what would change, exits 1 if anything
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(-i)
if [[ ${1:-} == --check ]]; then mode=(--dry-run --Werror); fi

find bench core packager ngx_module tests -name node_modules -prune \
  -o \( -name '*.cc' -o -name '*.h' -o -name '*.c' \) -print0 |
  xargs -0 --no-run-if-empty clang-format-19 "${mode[@]}"
