#!/usr/bin/env bash
# Builds the module with an nginx's own ./configure and make, as an admin with
# another nginx than Debian's does, and looks at what comes out.
#
#   scripts/check_nginx.sh SOURCE_DIR [CONFIGURE_ARGUMENT...]
#
# SOURCE_DIR is left as it is: the work happens in a copy. Without arguments it
# takes Debian's flags where the tree has them, else --with-compat and what the
# module and its example configuration use. OUTPUT=FILE keeps the module.
set -euo pipefail

module=$(cd "$(dirname "$0")/../ngx_module" && pwd)
if [[ $# -lt 1 || ! -d $1/src/core ]]; then
  echo "usage: scripts/check_nginx.sh SOURCE_DIR [CONFIGURE_ARGUMENT...]" >&2
  exit 2
fi
source_dir=$(cd "$1" && pwd)
shift

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$source_dir/." "$work"
cd "$work"
chmod +x configure auto/configure 2>/dev/null || true
[[ -e configure ]] || ln -s auto/configure configure

flags=("$@")
if [[ ${#flags[@]} -eq 0 ]]; then
  flags=(--with-compat --with-threads --with-http_ssl_module
    --with-http_v2_module --with-http_realip_module --with-http_sub_module
    --with-http_dav_module --with-http_auth_request_module)
  if [[ -e conf_flags ]]; then
    . ./conf_flags
    flags=("${NGX_CONF_FLAGS[@]}")
  fi
fi

run() {
  "$@" >build.log 2>&1 || {
    tail -n 30 build.log >&2
    echo "check_nginx: $1 failed for $source_dir" >&2
    exit 1
  }
}
run ./configure "${flags[@]}" --add-dynamic-module="$module"
run make -f objs/Makefile -j "$(nproc)" modules

object=objs/ngx_http_usher_module.so
exports=$(nm -D --defined-only "$object" | awk '{print $3}' | sort | xargs)
if [[ $exports != 'ngx_module_names ngx_module_order ngx_modules' ]]; then
  echo "check_nginx: $object exports more than nginx looks up: $exports" >&2
  exit 1
fi
if [[ -n ${OUTPUT:-} ]]; then cp "$object" "$OUTPUT"; fi
version=$(awk -F'"' '/define NGINX_VERSION/ {print $2}' src/core/nginx.h)
echo "check_nginx: the module builds for nginx $version"
