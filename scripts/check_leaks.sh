#!/usr/bin/env bash
# Five reloads under load in Valgrind: what nginx loses without the module and
# with it, in one run. nginx loses some bytes itself (ngx_set_environment, 8 in
# each worker); fails where anything lost was allocated by the module.
#
#   scripts/check_leaks.sh [MODULE.so [USHER]]
#
# Needs valgrind and curl. The sum is that of the master and of all workers, each
# judged when it ends.
set -euo pipefail
cd "$(dirname "$0")/.."
module=$(realpath "${1:-build/dev/ngx_http_usher_module.so}")
usher=$(realpath "${2:-build/dev/usher}")
work=$(mktemp -d)
trap 'kill "${nginx:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

prepare() {  # DIR LOAD_MODULE HTTP LOCATION CACHE_KEY
  local dir=$1 user=
  [[ $(id -u) -ne 0 ]] || user='user root;'
  mkdir -p "$dir/media/film/v720"
  head -c 65536 /dev/zero >"$dir/media/film/v720/1.m4s"
  cat >"$dir/nginx.conf" <<CONF
$2
$user worker_processes 2; daemon off; pid nginx.pid;
error_log error.log warn;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
  uwsgi_temp_path t4; scgi_temp_path t5;
  proxy_cache_path cache keys_zone=c:1m;
  $3
  server { listen 127.0.0.1:$port;
    location / { $4 proxy_pass http://127.0.0.1:$origin; proxy_cache c;
      proxy_cache_key $5; proxy_cache_valid 200 2s; } }
  server { listen 127.0.0.1:$origin; root media; }
}
CONF
}

# Bytes lost for good, by five reloads with requests before, between and after.
lost() {  # DIR TARGET...
  local dir=$1 reload i target served=0
  shift
  valgrind --leak-check=full --keep-debuginfo=yes \
    --log-file="$dir/valgrind.%p.log" \
    nginx -p "$dir/" -c nginx.conf -e error.log &
  nginx=$!
  until curl -s -o /dev/null "http://127.0.0.1:$port/"; do
    kill -0 "$nginx" || { cat "$dir"/valgrind.*.log >&2; return 1; }
  done
  for reload in 1 2 3 4 5 end; do
    for i in {1..40}; do
      for target in "$@"; do
        [[ $(curl -sL -o /dev/null -w '%{http_code}' "$target") != 200 ]] ||
          served=$((served + 1))
      done
    done
    [[ $reload == end ]] || kill -HUP "$nginx"
  done
  kill -QUIT "$nginx"
  wait "$nginx" || true
  # Less than this is no load: something is wrong with the requests.
  [[ $served -ge 200 ]] || { echo "only $served served" >&2; return 1; }
  sed -nE 's/.*definitely lost: ([0-9,]+) bytes.*/\1/p' "$dir"/valgrind.*.log |
    tr -d , | awk '{ sum += $1; ++n } END { print sum + 0, n }'
}

port=$(free_port)
origin=$(free_port)
prepare "$work/stock" '' '' '' '$uri'
stock=$(lost "$work/stock" "http://127.0.0.1:$port/film/v720/1.m4s")

prepare "$work/usher" "load_module $module;" \
  'usher_zone 8m; usher_ticket_keys jwks.json; usher_session_secrets secrets;
   usher_audit audit.log; usher_state state;' \
  'usher on; usher_coalesce on;' '$usher_cache_key'
printf '1:%064d\n' 7 >"$work/usher/secrets"
chmod 600 "$work/usher/secrets"
(cd "$work/usher" && "$usher" ticket keygen --out . >/dev/null)
ticket=$("$usher" ticket issue --key "$work/usher/ticket-key.pem" \
  --event film --subject order-1 --seats 255 --expires 6h)
ours=$(lost "$work/usher" \
  "http://127.0.0.1:$port/film/v720/1.m4s?ticket=$ticket" \
  "http://127.0.0.1:$port/film/v720/1.m4s?ticket=x.y.z")

read -r stock_bytes stock_processes <<<"$stock"
read -r bytes processes <<<"$ours"
echo "lost in five reloads under load: stock nginx $stock_bytes bytes in" \
  "$stock_processes processes, with the module $bytes in $processes"
records=$(grep -h -A20 'are definitely lost' "$work"/usher/valgrind.*.log || true)
if grep -q usher <<<"$records"; then
  echo "$records" >&2
  exit 1
fi
[[ $stock_processes -ge 6 && $processes -ge 6 ]]
