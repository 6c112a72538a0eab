#!/usr/bin/env bash
# A fleet in network namespaces, with a crowd in front, at full size: 2000
# viewers who join a live event within 10 s; an edge dies, a shield dies or
# vanishes, the origin's link is cut for 20 s, a shield hangs for 20 s.
#
#   scripts/fleet.sh [VIEWERS [SECONDS [SCENARIO]]]
#
# Needs root. Prints what the crowd saw, one JSON object a scenario.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
build=${USHER_BUILD_DIR:-$here/build/dev}
cmake --build "$build" -t system_fleet_scenarios_test >&2
ulimit -n "$(ulimit -Hn)"
USHER_FLEET_VIEWERS=${1:-2000} USHER_FLEET_SECONDS=${2:-60} \
  USHER_FLEET_JOIN=10 USHER_FLEET_AWAY=20 \
  exec "$build/tests/system/system_fleet_scenarios_test" \
  --gtest_filter="*${3:-}*"
