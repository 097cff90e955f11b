#!/bin/sh
# A night's work, reported to Watcher with nothing but curl and sed. What it plays, and its siblings: README.md here.
set -eu

url=${WATCHER_URL:-http://localhost:8000}

# Sends a request and leaves the body of its answer in $body; any status but the wanted ones ends the script.
# call 'wanted statuses' METHOD /path [JSON]
call() {
  wanted=$1 method=$2 path=$3
  shift 3
  set -- -sS -X "$method" -w '\n%{http_code}' ${1:+-H 'Content-Type: application/json' --data "$1"}
  [ -z "${WATCHER_KEY:-}" ] || set -- "$@" -H "Authorization: Bearer $WATCHER_KEY"
  answer=$(curl "$@" "$url$path")
  status=${answer##*
}
  body=${answer%
*}
  case " $wanted " in
    *" $status "*) ;;
    *) printf '%s %s: %s %s\n' "$method" "$path" "$status" "$body" >&2 && exit 1 ;;
  esac
}

# The value of a field in a small JSON object, quotes removed. Take jq where there is one.
of() { printf '%s' "$2" | sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }

register() { call '200 201' POST /pipeline "$1" && pipeline=$(of id "$body"); }
start() { call 201 POST /start_pipeline_execution "$1" && execution=$(of id "$body"); }
end() { call 200 POST /end_pipeline_execution "$1"; }

# An operator has switched one pipeline off.
register '{"name": "legacy report", "pipeline_type_name": "publication"}'
call 200 PATCH /pipeline "{\"id\": $pipeline, \"active\": false}"

# The workflow itself, and a group within it.
register '{"name": "nightly", "pipeline_type_name": "workflow"}'
start "{\"pipeline_id\": $pipeline}"
night=$execution
register '{"name": "load warehouse", "pipeline_type_name": "workflow"}'
start "{\"pipeline_id\": $pipeline, \"parent_id\": $night}"
warehouse=$execution

# Incremental: from where the last success ended, to the newest row of the source (each night brings 1200).
register '{"name": "load invoices", "pipeline_type_name": "extraction", "freshness_number": 1,
  "freshness_datepart": "day", "timeliness_number": 30, "timeliness_datepart": "minute"}'
watermark=$(of watermark "$body")
[ "$watermark" != null ] || watermark=0
newest=$((watermark + 1200))
rows=$((newest - watermark))
start "{\"pipeline_id\": $pipeline, \"parent_id\": $warehouse, \"next_watermark\": $newest}"
end "{\"id\": $execution, \"completed_successfully\": true, \"total_rows\": $rows, \"inserts\": $rows}"

# In full, each time.
register '{"name": "load orders", "pipeline_type_name": "extraction"}'
start "{\"pipeline_id\": $pipeline, \"parent_id\": $warehouse}"
end "{\"id\": $execution, \"completed_successfully\": true, \"total_rows\": 350, \"inserts\": 300, \"updates\": 50}"
end "{\"id\": $warehouse, \"completed_successfully\": true, \"total_rows\": $((rows + 350))}"

# Switched off: it asks before it runs, and skips.
register '{"name": "legacy report", "pipeline_type_name": "publication"}'
[ "$(of active "$body")" = true ] || echo 'legacy report: inactive, skipped'

# One fails, and so does the night.
register '{"name": "publish report", "pipeline_type_name": "publication"}'
start "{\"pipeline_id\": $pipeline, \"parent_id\": $night}"
end "{\"id\": $execution, \"completed_successfully\": false, \"error_message\": \"the mail server does not answer\"}"
end "{\"id\": $night, \"completed_successfully\": false, \"error_message\": \"publish report failed\"}"

# The tree, a line for each execution: in the answer, the fields of a node stand before its children.
call 200 GET "/pipeline_execution/$night/tree"
printf '%s\n' "$body" | sed 's/{"id":/\
&/g' | while IFS= read -r node; do
  [ -n "$node" ] || continue
  line="$(of pipeline_name "$node"): $(of status "$node")"
  rows=$(of total_rows "$node") from=$(of watermark "$node") to=$(of next_watermark "$node")
  why=$(of error_message "$node")
  [ "$rows" = null ] || line="$line, $rows rows"
  [ "$from" != null ] || from=none
  [ "$to" = null ] || line="$line, watermark $from -> $to"
  [ "$why" = null ] || line="$line ($why)"
  printf '%*s%s\n' $((2 * $(of depth "$node"))) '' "$line"
done
