#!/bin/sh
# Tries a running Watcher: `sh tools/smoke.sh http://localhost:8000`. Waits until it is ready, reports a run as a
# pipeline does, and reads it back. Needs curl. It leaves a pipeline `smoke …` with one run.
#
#   WATCHER_API_KEY   a key with scope write; the service must refuse requests without it
#   SMOKE_VERSION     the version that the service must have
#   SMOKE_SECONDS     how long to wait until it is ready (60)
set -eu

url=${1:?usage: sh tools/smoke.sh URL}
url=${url%/}
key=${WATCHER_API_KEY:-}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

fail() {
  echo "not so: $1" >&2
  cat "$answer" >&2
  exit 1
}

# request STATUS METHOD PATH [BODY]: the answer must have that status; it is left in $answer.
request() {
  expected=$1 method=$2 path=$3
  shift 3
  set -- ${1+--data "$1"}
  [ -z "$key" ] || set -- "$@" --header "Authorization: Bearer $key"
  status=$(curl --silent --max-time 30 --output "$answer" --write-out '%{http_code}' --request "$method" \
    --header 'Content-Type: application/json' "$@" "$url$path") || fail "$method $path is answered"
  [ "$status" = "$expected" ] || fail "$method $path is answered with $expected, not $status"
}

# The answer must contain this text.
has() { grep -qF -e "$1" "$answer" || fail "the answer contains $1"; }

# The number of a field in the answer, the first one of that name.
number() { sed -n "s/^[^}]*\"$1\":\([0-9]*\).*/\1/p" "$answer" | head -n 1; }

seconds=${SMOKE_SECONDS:-60}
until curl --silent --fail --max-time 5 --output "$answer" "$url/health/ready"; do
  [ "$seconds" -gt 0 ] || fail "$url/health/ready is answered with 200 in time"
  seconds=$((seconds - 1))
  sleep 1
done
echo "ok  it is ready"

if [ -n "$key" ]; then
  saved=$key key=''
  request 401 GET /pipeline
  key=$saved
  echo "ok  it refuses a request without a key"
fi

request 200 GET /health
has '"status":"ok"'
[ -z "${SMOKE_VERSION:-}" ] || has "\"version\":\"$SMOKE_VERSION\""
echo "ok  it is well"

name="smoke $(date -u +%Y-%m-%dT%H:%M:%S) $$"
request 201 POST /pipeline "{\"name\": \"$name\", \"pipeline_type_name\": \"smoke\"}"
pipeline=$(number id)
[ -n "$pipeline" ] || fail "the answer has an id"
request 201 POST /start_pipeline_execution "{\"pipeline_id\": $pipeline, \"next_watermark\": \"7\"}"
execution=$(number id)
[ -n "$execution" ] || fail "the answer has an id"
request 200 POST /end_pipeline_execution \
  "{\"id\": $execution, \"completed_successfully\": true, \"total_rows\": 42}"
has '"status":"succeeded"'
echo "ok  it takes a registration, a start and an end"

request 200 GET "/pipeline_execution/$execution"
has '"total_rows":42'
request 200 POST /pipeline "{\"name\": \"$name\", \"pipeline_type_name\": \"smoke\"}"
has '"watermark":"7"'
echo "ok  it returns the run and the watermark"

request 200 GET /console/
has '<title>'
echo "ok  it serves the console"
