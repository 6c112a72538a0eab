#!/usr/bin/env bash
# The unit and system tests under AddressSanitizer and
# UndefinedBehaviorSanitizer. The browser tests add nothing here.
#
#   scripts/test_asan.sh [CTEST ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh asan
ctest --preset asan --label-exclude browser "$@"
