#!/usr/bin/env bash
# A long live event in little time: a clip that never ends goes into `usher live`
# as fast as it takes it, low latency and all. Prints memory and progress, and
# judges what is left. Exits 1 where a promise broke.
#
#   scripts/soak_live.sh [MINUTES] [FLAG...]
#
#   MINUTES   how long it runs (default: 10)
#   FLAG      for usher live (default: --encryption cbcs --part-duration 0.5)
#
# With USHER_BUILD_DIR set it uses the programs there and builds nothing.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
bin=${USHER_BUILD_DIR:-$here/build/release}
minutes=${1:-10}
[[ $minutes =~ ^[0-9]+$ ]] || {
  sed -n '/^# A long/,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
  exit 2
}
flags=("${@:2}")
[[ ${#flags[@]} -gt 0 ]] || flags=(--encryption cbcs --part-duration 0.5)
[[ -n ${USHER_BUILD_DIR:-} ]] || "$here/scripts/build.sh" release

work=$(mktemp -d)
live_pid=''
clean_up() {
  trap - EXIT
  [[ -z $live_pid ]] || kill "$live_pid" 2>/dev/null || true
  [[ -z ${encoder_pid:-} ]] || kill "$encoder_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
fail() {
  echo "soak: $1" >&2
  tail -n 3 "$work/live.log" >&2
  exit 1
}

ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=160x90:rate=25:duration=60 \
  -f lavfi -i sine=duration=60 -c:v libx264 -preset ultrafast -g 50 \
  -keyint_min 50 -sc_threshold 0 -b:v 60k -c:a aac -b:a 32k "$work/clip.ts"

mkfifo "$work/pipe"
"$bin/usher" live - --event soak --output "$work/out" \
  --key-store "$work/keys/store" --master-key "$work/keys/master" \
  "${flags[@]}" <"$work/pipe" >"$work/live.log" 2>&1 &
live_pid=$!
ffmpeg -nostdin -v error -stream_loop -1 -i "$work/clip.ts" -c copy -f mpegts - \
  >"$work/pipe" &
encoder_pid=$!

event=$work/out/soak
tag() { grep -m1 -oP "(?<=#EXT-X-$1:)[0-9]+" "$2" || echo 0; }
until [[ -e $event/master.m3u8 ]]; do
  kill -0 "$live_pid" 2>/dev/null || fail "usher live ended by itself"
  sleep 0.1
done
list=$(find "$event" -name media.m3u8 -path '*/v*' | head -n 1)
target=$(tag TARGETDURATION "$list")
sequence=0 first=0
end=$((SECONDS + 60 * minutes))
while ((SECONDS < end)); do
  sleep 5
  kill -0 "$live_pid" 2>/dev/null || fail "usher live ended by itself"
  [[ $(tag TARGETDURATION "$list") == "$target" ]] ||
    fail "EXT-X-TARGETDURATION changed"
  now=$(tag MEDIA-SEQUENCE "$list")
  ((now >= sequence)) || fail "EXT-X-MEDIA-SEQUENCE went from $sequence to $now"
  sequence=$now
  # Its own: what else counts as resident are pages of files.
  memory=$(awk '/^RssAnon/ {print $2}' "/proc/$live_pid/status")
  # A window's worth is there after some minutes of media.
  ((first > 0 || sequence < 1000)) || first=$memory
  echo "soak: ${SECONDS} s, segment $sequence, $((sequence * 2 / 60)) min of" \
    "media, $((memory / 1024)) MB"
done
kill "$encoder_pid"
wait "$live_pid" || fail "usher live failed"
live_pid=''
"$bin/usher" inspect "$event/master.m3u8" ||
  fail "what is left is not as it should be"

# Drift: when the last segment begins, by the lengths of those in front of it and
# by its date, in both tracks, against two seconds of pictures a segment; where the
# clip begins anew a millisecond or two come or go.
measure() { # LIST: segments, seconds to the last by EXTINF, and by date
  TZ=UTC awk -F "[:,]" '
    /^#EXTINF/ {n++; sum += last; last = $2}
    /^#EXT-X-PROGRAM-DATE-TIME/ {
      split(substr($0, 26), t, /[-T:Z]/)
      at = mktime(t[1] " " t[2] " " t[3] " " t[4] " " t[5] " 0") + t[6]
      if (n == 0) began = at
    }
    END {printf "%d %.3f %.3f\n", n, sum, at - began}' "$1"
}
read -r count pictures dated < <(measure "$(dirname "$list")/event.m3u8")
read -r _ sound heard < <(measure "$(echo "$event"/a*/event.m3u8)")
echo "soak: $count segments; the last begins at $pictures s by EXTINF, $dated s by" \
  "date; sound's at $sound s, $heard s"
awk -v n="$count" -v v="$pictures" -v a="$sound" -v dv="$dated" -v da="$heard" '
  function off(x, y, by) {return x - y > by || y - x > by}
  BEGIN {
    exit off(v, 2 * (n - 1), 0.1 + n / 15000) || off(a, v, 0.1) ||
      off(dv, v, 0.1) || off(da, dv, 0.1)
  }' ||
  fail "the tracks drifted"
echo "soak: $((sequence * 2 / 60)) min of media in $minutes min; memory went" \
  "from $first to $memory KB"
((first == 0 || memory < first + 4096)) || fail "memory is not flat"
