#!/usr/bin/env bash
# From nothing to a film behind a ticket: installs what is missing, builds,
# packages, starts nginx with the module on 127.0.0.1, issues a ticket and
# prints the watch URL. Ctrl-C ends all of it.
#
#   scripts/demo.sh [FILE] [OPTION...]
#
#   FILE               film to package (default: a clip it makes)
#   --live             a live event instead of a film: a test encoder publishes,
#                      low latency, with the time of day in the picture
#   --once             check playback through the edge, then exit 0 or 1
#   --encryption LIST  as for usher package (default: aes-128,cbcs)
#   --port N           https port (default: 8443 or the next free one)
#   --prefix DIR       where everything it makes lies (default: ./demo-run, or
#                      /var/lib/usher-demo where nginx's workers cannot enter
#                      that)
#   --ready-file F     once it serves, write its URLs there, as JSON
#   -- FLAG...         the rest goes to usher package, or live:
#                      -- --key-rotation 1m
#
# With USHER_BUILD_DIR set it uses the programs there and builds nothing.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
bin=$(realpath -m "${USHER_BUILD_DIR:-$here/build/release}")
event=''

main() {
  parse_arguments "$@"
  [[ -n ${USHER_BUILD_DIR:-} ]] || "$here/scripts/build.sh" release
  choose_prefix
  prepare_prefix
  choose_ports
  if [[ -n $live ]]; then
    prepare_live
  else
    [[ -n $film ]] || make_clip
    package
  fi
  make_secrets
  make_certificate
  write_configuration
  start_nginx
  [[ -z $live ]] || start_live
  issue_ticket
  write_ready_file
  if [[ -n $once ]]; then
    check_playback
  else
    announce
    wait "$nginx_pid" || fail "nginx ended by itself" "$(last_log_line)"
  fi
}

parse_arguments() {
  film='' live='' once='' encryption='aes-128,cbcs' port='' ready_file='' prefix=''
  package_flags=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      --live) live=yes ;;
      --once) once=yes ;;
      --)
        package_flags=("${@:2}")
        break
        ;;
      --encryption | --port | --prefix | --ready-file)
        [[ -n ${2:-} ]] || usage "$1 needs a value"
        case $1 in
          --encryption) encryption=$2 ;;
          --port) port=$2 ;;
          --prefix) prefix=$(realpath -m -- "$2") ;;
          --ready-file) ready_file=$(realpath -m -- "$2") ;;
        esac
        shift
        ;;
      -h | --help)
        sed -n '/^# From/,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
        exit 0
        ;;
      -*) usage "unknown option $1" ;;
      *)
        [[ -z $film ]] || usage "one FILE at a time, not also $1"
        film=$(realpath -m -- "$1")
        ;;
    esac
    shift
  done
  [[ -z $film || -r $film ]] || usage "cannot read $film"
  [[ -z $film || -z $live ]] || usage "--live takes no FILE"
  [[ -z $port || $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] ||
    usage "--port $port is no port: give a number from 1 to 65535"
}

usage() {
  echo "demo: $1 (see scripts/demo.sh --help)" >&2
  exit 2
}

fail() {
  echo "demo: $1${2:+: $2}" >&2
  exit 1
}

step() { echo "demo: $*" >&2; }

# A tree in root's home is closed to Debian's worker user.
choose_prefix() {
  [[ -z $prefix ]] || return 0
  prefix=$here/demo-run
  if is_root && ! workers_can_enter "$here"; then
    prefix=/var/lib/usher-demo
  fi
}

is_root() { [[ $(id -u) -eq 0 ]]; }

workers_can_enter() {
  setpriv --reuid=www-data --regid=www-data --clear-groups test -x "$1"
}

# Only a directory that this script made, or an empty one, is written to.
prepare_prefix() {
  local marker=$prefix/.usher-demo
  [[ $prefix$bin =~ ^[A-Za-z0-9._/-]+$ ]] ||
    fail "$prefix or $bin holds characters nginx's configuration cannot" \
      "use plain letters, digits, '.', '_' and '-'"
  if [[ -n $(ls -A "$prefix" 2>/dev/null) && ! -e $marker ]]; then
    fail "$prefix holds other things" "choose another directory with --prefix"
  fi
  if [[ -s $prefix/nginx.pid ]] && kill -0 "$(<"$prefix/nginx.pid")" \
    2>/dev/null; then
    fail "a demo already runs in $prefix" "stop it or use another --prefix"
  fi
  umask 022
  mkdir -p "$prefix" || fail "cannot write $prefix" "use another --prefix"
  touch "$marker"
  rm -rf "$prefix"/{cache,logs,watch,operator,nginx.pid}
  mkdir -p "$prefix"/{cache,clip,data/media,data/keys,data/state,etc/tls,logs,shop}
  cp -r "$bin/web/watch" "$prefix/watch"
  cp -r "$bin/web/operator" "$prefix/operator"
  if is_root && ! workers_can_enter "$prefix/data"; then
    fail "nginx's workers (www-data) cannot enter $prefix" \
      "use another --prefix"
  fi
}

choose_ports() {
  local first=${port:-8443} free
  free=$(node "$here/scripts/free_ports.mjs" "$first" 6)
  read -r -a ports <<<"$free"
  [[ -z $port || ${ports[0]} == "$port" ]] ||
    fail "port $port is taken" "choose another with --port"
  port=${ports[0]}
  origin_port=${ports[1]} status_port=${ports[2]}
  ingest_port=${ports[3]} plain_port=${ports[4]} rtmp_port=${ports[5]}
}

# Two renditions of the same picture, a key frame every two seconds, and a
# clock in it, so that one sees at a glance whether it moves.
make_clip() {
  local clip=$prefix/clip/demo.mp4 small=$prefix/clip/demo-360.mp4
  local font=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf
  local clock="drawtext=fontfile=$font:fontcolor=white:x=(w-text_w)/2"
  film=$clip
  second_film=$small
  if [[ -e $clip && -e $small ]]; then return; fi
  step "making a clip"
  ffmpeg -nostdin -v error -y \
    -f lavfi -i "gradients=s=1280x720:r=30:d=20:n=3:speed=0.02:seed=7:\
c0=0x1b191f:c1=0x7a4b16:c2=0x3d2a52" \
    -f lavfi -i "sine=frequency=330:beep_factor=4:sample_rate=48000:d=20" \
    -filter_complex "[0:v]$clock:y=h/2-text_h/2:fontsize=120:\
text='%{pts\:hms}',$clock:y=h*0.68:fontsize=36:text='Usher demo',\
split[v][s];[s]scale=640:360[small];[1:a]volume=0.2[a]" \
    -map '[v]' -map '[a]' -c:v libx264 -preset ultrafast -b:v 1500k -g 60 \
    -keyint_min 60 -sc_threshold 0 -pix_fmt yuv420p -c:a aac -b:a 96k \
    -movflags +faststart "$clip.part.mp4" \
    -map '[small]' -c:v libx264 -preset ultrafast -b:v 500k -g 60 \
    -keyint_min 60 -sc_threshold 0 -pix_fmt yuv420p "$small.part.mp4" ||
    fail "FFmpeg could not make the clip"
  mv "$clip.part.mp4" "$clip"
  mv "$small.part.mp4" "$small"
}

# Packaged again only when the film, the schemes or the packager changed.
package() {
  local inputs=("$film" ${second_film:+"$second_film"})
  local stamp=$prefix/data/packaged wanted
  wanted=$(stat -L -c '%n %s %Y' "${inputs[@]}" "$bin/usher"
    echo "$encryption ${package_flags[*]}")
  if [[ ! -e $stamp || $(<"$stamp") != "$wanted" ]]; then
    step "packaging $film ($encryption)"
    rm -rf "$prefix"/data/{media,keys,packaged}
    mkdir -p "$prefix"/data/{media,keys}
    "$bin/usher" package "${inputs[@]}" --output "$prefix/data/media" \
      --encryption "$encryption" --key-store "$prefix/data/keys" \
      --master-key "$prefix/etc/master.key" --segment-duration 4 \
      "${package_flags[@]}" >&2 || exit
    echo "$wanted" >"$stamp"
  fi
  event=$(basename "$prefix"/data/media/*/)
}

# A live event begins anew each time.
prepare_live() {
  event='live-demo'
  rm -rf "$prefix"/data/{media,keys,packaged} "$prefix/shop/keys"
  mkdir -p "$prefix"/data/{media,keys}
  # What is put there later is for nginx's workers, too.
  chmod g+s "$prefix/data/keys"
  [[ -e $prefix/etc/master.key ]] ||
    (umask 027 && openssl rand -hex 32 >"$prefix/etc/master.key")
}

# The packager listens, a test encoder publishes; both die with this script.
start_live() {
  local url parts=(--part-duration 0.5)
  url=rtmp://127.0.0.1:$rtmp_port/live/$(openssl rand -hex 16)
  [[ " ${package_flags[*]} " != *" --part-duration "* ]] || parts=()
  setpriv --pdeathsig TERM "$bin/usher" live "$url" --event "$event" \
    --output "$prefix/data/media" --encryption "$encryption" \
    --key-store "$prefix/shop/keys" --master-key "$prefix/etc/master.key" \
    --key-output "$prefix/data/keys" "${parts[@]}" "${package_flags[@]}" \
    >"$prefix/logs/live.log" 2>&1 &
  live_pid=$!
  until (: <"/dev/tcp/127.0.0.1/$rtmp_port") 2>/dev/null; do
    kill -0 "$live_pid" 2>/dev/null ||
      fail "usher live does not start" "$(tail -n 1 "$prefix/logs/live.log")"
    sleep 0.05
  done
  setpriv --pdeathsig TERM "$here/scripts/test_encoder.sh" "$url" \
    >"$prefix/logs/encoder.log" 2>&1 &
  encoder_pid=$!
  step "waiting for the first segment"
  until [[ -e $prefix/data/media/$event/master.m3u8 ]]; do
    kill -0 "$live_pid" "$encoder_pid" 2>/dev/null ||
      fail "the live event ended" \
        "$(tail -qn 1 "$prefix"/logs/{live,encoder}.log)"
    sleep 0.05
  done
}

# The shop's private key is not among what nginx gets to see.
make_secrets() {
  local etc=$prefix/etc shop=$prefix/shop
  if [[ ! -e $shop/ticket-key.pem || ! -e $etc/ticket-keys.json ]]; then
    "$bin/usher" ticket keygen --kid demo-shop \
      --private "$shop/ticket-key.pem" --jwks "$etc/ticket-keys.json" \
      --force >/dev/null
  fi
  (
    umask 027
    [[ -e $etc/session-secrets ]] ||
      echo "1:$(openssl rand -hex 32)" >"$etc/session-secrets"
    [[ -e $etc/control-secret ]] || openssl rand -hex 32 >"$etc/control-secret"
    [[ -e $etc/ingest.htpasswd ]] ||
      echo "demo:$(openssl rand -hex 12 | openssl passwd -apr1 -stdin)" \
        >"$etc/ingest.htpasswd"
  )
}

make_certificate() {
  local tls=$prefix/etc/tls
  openssl x509 -checkend 86400 -noout -in "$tls/fullchain.pem" \
    >/dev/null 2>&1 && return
  openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
    -days 90 -subj '/CN=usher demo' -keyout "$tls/privkey.pem" \
    -addext 'subjectAltName=IP:127.0.0.1,DNS:localhost' \
    -out "$tls/fullchain.pem" 2>/dev/null ||
    fail "openssl could not make a certificate"
}

# config/nginx.conf.example with this prefix's paths and ports, on loopback.
# "@" stands for our own paths until the end: they may look like one of those
# that are replaced.
write_configuration() {
  local user_line=''
  is_root || user_line='/^user /d'
  sed -e "$user_line" \
    -e "s|/usr/lib/nginx/modules/|@bin/|" \
    -e "s|/usr/share/usher/watch|@/watch|" \
    -e "s|/usr/share/usher/operator|@/operator|" \
    -e "s|/var/lib/usher|@/data|" \
    -e "s|/etc/usher|@/etc|" \
    -e "s|/var/cache/nginx|@/cache|" \
    -e "s|/var/log/nginx|@/logs|" \
    -e "s|/run/nginx.pid|@/nginx.pid|" \
    -e "s|video\.example\.com|127.0.0.1 localhost|" \
    -e '/listen \[::\]/d' \
    -e "s|listen 80;|listen 127.0.0.1:$plain_port;|" \
    -e "s|listen 443 |listen 127.0.0.1:$port |" \
    -e "s|listen 8444 |listen 127.0.0.1:$ingest_port |" \
    -e "s|127\.0\.0\.1:8081|127.0.0.1:$origin_port|" \
    -e "s|127\.0\.0\.1:8090|127.0.0.1:$status_port|" \
    -e "s|https://\$host\\\$request_uri|https://\$host:$port\$request_uri|" \
    -e "s|@bin/|$bin/|g" -e "s|@/|$prefix/|g" \
    "$here/config/nginx.conf.example" >"$prefix/nginx.conf"
}

# nginx dies with this script, however that ends.
start_nginx() {
  if is_root; then admit_workers; fi
  trap stop_nginx EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  setpriv --pdeathsig TERM nginx -p "$prefix" -c "$prefix/nginx.conf" \
    -e "$prefix/logs/error.log" -g 'daemon off;' 2>"$prefix/logs/start.log" &
  nginx_pid=$!
  local page=https://127.0.0.1:$port/usher/watch/
  until curl -ks -o /dev/null "$page"; do
    kill -0 "$nginx_pid" 2>/dev/null ||
      fail "nginx does not start" "$(last_log_line)"
    sleep 0.05
  done
  curl -ksf -o /dev/null "$page" ||
    fail "nginx does not serve the watch page" "$(last_log_line)"
}

# Debian's worker user has to read what root made.
admit_workers() {
  chown www-data "$prefix/cache" "$prefix/data/state"
  chgrp -R www-data "$prefix/data" \
    "$prefix"/etc/{master.key,session-secrets,control-secret,ingest.htpasswd}
  chmod -R g+rX "$prefix/data"
}

stop_nginx() {
  trap - EXIT
  # Without a name, wait would wait for nginx, too.
  local pid
  for pid in ${encoder_pid:-} ${live_pid:-}; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  kill "$nginx_pid" 2>/dev/null || return 0
  wait "$nginx_pid" 2>/dev/null || true
}

last_log_line() {
  cat "$prefix"/logs/{start,error}.log 2>/dev/null | tail -n 1
}

issue_ticket() {
  ticket=$("$bin/usher" ticket issue --key "$prefix/shop/ticket-key.pem" \
    --kid demo-shop --event "$event" --subject demo --seats 3 --expires 12h)
}

# Where the first cbcs or cenc presentation lies: HLS for Clear Key, and DASH.
clear_key_directory() {
  local scheme
  for scheme in ${encryption//,/ }; do
    [[ $scheme == cbcs || $scheme == cenc ]] || continue
    if [[ $encryption == "$scheme"* ]]; then
      echo "$event"
    else
      echo "$event/$scheme"
    fi
    return
  done
}

write_ready_file() {
  edge=https://127.0.0.1:$port
  watch="$edge/usher/watch/#event=$event&ticket=$ticket"
  hls="$edge/$event/master.m3u8?ticket=$ticket"
  local clear_key
  clear_key=$(clear_key_directory)
  status_url=http://127.0.0.1:$status_port
  state=$prefix/ready.json
  EDGE=$edge EVENT=$event WATCH=$watch HLS=$hls TICKET=$ticket \
    CLEAR_KEY=$clear_key PREFIX=$prefix STATUS=$status_url \
    ORIGIN=http://127.0.0.1:$origin_port \
    NODE_EXTRA_CA_CERTS=$prefix/etc/tls/fullchain.pem \
    node "$here/scripts/ready_file.mjs" "$state"
  if [[ -n $ready_file ]]; then
    cp "$state" "$ready_file.part"
    mv "$ready_file.part" "$ready_file"
  fi
}

check_playback() {
  NODE_EXTRA_CA_CERTS=$prefix/etc/tls/fullchain.pem \
    node "$here/scripts/check_playback.mjs" "$prefix/ready.json"
}

announce() {
  cat <<END

  Watch     $watch

            The certificate is one the demo made itself, so the browser warns
            once: continue ("Advanced").

  Players   ffplay "$hls"
            vlc --no-video-title-show "$hls"
  By hand   curl -k "$edge/$event/master.m3u8"          # 401: no ticket
            curl -kL "$hls"

  Ticket    3 screens, 12 hours, signed with $prefix/shop/ticket-key.pem
  Logs      $prefix/logs

  Ctrl-C ends it.

END
}

main "$@"
