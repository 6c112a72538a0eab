#!/usr/bin/env bash
# Installs what Usher needs on a fresh Debian 12 machine. Idempotent: a second
# run looks, finds everything there and returns within a second.
#
#   scripts/setup.sh          what building and running the demo needs
#   scripts/setup.sh test     the above and what the tests need
#
# Every package the project uses is named here, and nowhere else.
set -euo pipefail
cd "$(dirname "$0")/.."

run_packages=(
  # build
  g++ cmake ninja-build pkg-config ccache git
  nginx nginx-dev
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev
  libssl-dev libyaml-cpp-dev nlohmann-json3-dev libcli11-dev
  libpugixml-dev libcurl4-openssl-dev libre2-dev libcbor-dev
  # the flavour that libavformat brings along: two in one program would clash
  libsrt-gnutls-dev
  # demo: makes a clip, checks playback, makes a certificate
  ffmpeg openssl curl ca-certificates fonts-dejavu-core
)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev libxml2-utils
  clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev
  chromium
  # promtool: whether metrics and alert rules are what Prometheus reads
  prometheus
  # a camera that speaks RTSP
  python3-gi gir1.2-gst-rtsp-server-1.0
  gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  # whether they are OpenMetrics
  python3-prometheus-client
  # the README's examples of a shop that signs tickets
  php-cli python3 python3-jwt python3-cryptography python3-cbor2
)

as_root() { if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi; }

missing_packages() {
  local name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$name" 2>/dev/null) == \
      'install ok installed' ]] || echo "$name"
  done
}

# Debian starts a service as soon as its package is unpacked. Usher runs nginx
# under a private prefix, so nothing of ours should take port 80 on this box.
without_starting_services() {
  local policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod +x "$policy"
  local status=0
  "$@" || status=$?
  as_root rm -f "$policy"
  return "$status"
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -eq 0 ]] && return
  echo "setup: installing ${missing[*]}"
  as_root apt-get update -qq
  without_starting_services as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_node() {
  command -v node >/dev/null && command -v npm >/dev/null && return
  install_packages nodejs npm
}

# npm packages are pinned by the lockfile; installed again only if it changed.
install_npm_packages() {
  local directory=$1
  local lock=$directory/package-lock.json
  local stamp=$directory/node_modules/.usher-lock
  cmp -s "$lock" "$stamp" 2>/dev/null && return
  echo "setup: npm ci in $directory"
  (cd "$directory" && npm ci --ignore-scripts --no-audit --no-fund --silent)
  cp "$lock" "$stamp"
}

case "${1:-run}" in
  run) install_packages "${run_packages[@]}" ;;
  test) install_packages "${run_packages[@]}" "${test_packages[@]}" ;;
  *)
    echo "usage: scripts/setup.sh [run|test]" >&2
    exit 2
    ;;
esac
install_node
install_npm_packages web
if [[ ${1:-run} == test ]]; then install_npm_packages tests/browser; fi
