#!/bin/sh
# Tries an image as it is meant to run: `sh tools/smoke-image.sh IMAGE [PLATFORM]`. DATABASE_URL is that of an empty
# database, which a container on the network of this machine can reach. Needs Docker and curl.
#
# The container has a read-only root file system and no capabilities. It must not run as root, must serve what
# tools/smoke.sh asks, and must end with 0 on SIGTERM.
set -eu

image=${1:?usage: sh tools/smoke-image.sh IMAGE [PLATFORM]}
platform=${2:-}
: "${DATABASE_URL:?set it to the URL of an empty database}"
here=$(dirname "$0")
port=${PORT:-18000}
key=smoke-key-of-sixteen-or-more-characters

container=$(docker run --detach --network host ${platform:+--platform "$platform"} \
  --read-only --cap-drop ALL --security-opt no-new-privileges:true \
  --env DATABASE_URL="$DATABASE_URL" --env WATCHER_ADMIN_KEY="$key" --env PORT="$port" "$image")

finish() {
  status=$?
  [ "$status" -eq 0 ] || docker logs "$container" >&2
  docker rm --force "$container" >/dev/null
  exit "$status"
}
trap finish EXIT

fail() {
  echo "not so: $1" >&2
  exit 1
}

# An emulated processor is slow: the first start also creates the schema.
WATCHER_API_KEY=$key SMOKE_SECONDS=${SMOKE_SECONDS:-180} sh "$here/smoke.sh" "http://127.0.0.1:$port"

user=$(docker exec "$container" id -u)
[ "$user" = 1000 ] || fail "it runs as user 1000, not $user"
echo "ok  it does not run as root"

! docker exec "$container" touch /app/file 2>/dev/null || fail "it can't write files"
echo "ok  its root file system is read-only"

docker stop -t 30 "$container" >/dev/null
code=$(docker inspect --format '{{.State.ExitCode}}' "$container")
[ "$code" = 0 ] || fail "it ends with 0 on SIGTERM, not $code"
echo "ok  it ends with 0 on SIGTERM"
