#!/usr/bin/env bash
# Measures packaging against FFmpeg, Shaka Packager and cp.
#
#   bench/package/run.sh CLIP.mp4 [ROUNDS [package_bench's options]]
#
# CLIP, H.264 and AAC, is looped to 1.4 GB (or USHER_BENCH_BYTES) and re-muxed to
# MKV and TS. Outputs go to /dev/shm and to build/bench. Prints what
# docs/performance.md holds.
set -euo pipefail
clip=$(realpath "${1:?names no clip}")
rounds=${2:-5}
shift $(($# < 2 ? $# : 2))
cd "$(dirname "$0")/../.."

bench=$PWD/build/bench
films=/dev/shm/usher-bench
mkdir -p "$bench" "$films"
trap 'rm -rf "$films"' EXIT

cmake --preset release -DUSHER_BUILD_BENCH=ON --log-level=WARNING >/dev/null
cmake --build --preset release --target usher package_bench >/dev/null

# Its archive holds ready-made programs for many machines.
peer=()
cp bench/package/package.json bench/package/package-lock.json "$bench"
if (cd "$bench" && npm ci --ignore-scripts --no-audit --no-fund --silent); then
  case $(uname -m) in aarch64) arch=arm64 ;; *) arch=x64 ;; esac
  shaka=$bench/node_modules/shaka-packager/bin/packager-linux-$arch
  chmod +x "$shaka"
  peer=(--shaka "$shaka")
else
  echo "run.sh: npm has no shaka-packager here; goes on without it" >&2
fi

loops=$((${USHER_BENCH_BYTES:-1400000000} / $(stat -c %s "$clip")))
ffmpeg -nostdin -v error -y -stream_loop "$loops" -i "$clip" -c copy \
  "$films/film.mp4"
ffmpeg -nostdin -v error -y -i "$films/film.mp4" -c copy "$films/film.mkv"
ffmpeg -nostdin -v error -y -i "$films/film.mp4" -c copy "$films/film.ts"

measure() {
  build/release/bench/package/package_bench --rounds "$rounds" \
    --usher build/release/usher "$@"
}
measure "${peer[@]}" "$@" --output "$films" "$films/film.mp4"
measure "${peer[@]}" "$@" --output "$bench" "$films/film.mp4"
measure "$@" --output "$films" "$films/film.mkv"
measure "$@" --output "$films" "$films/film.ts"
