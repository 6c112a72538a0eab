#!/usr/bin/env bash
# Installs what is missing, builds, runs every test. CI runs exactly this.
#
#   scripts/test.sh [CTEST ARGUMENT...]   e.g. -L unit, -R ticket, -L browser
#
# The last lines are ctest's own summary.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh dev
ctest --preset dev "$@"
