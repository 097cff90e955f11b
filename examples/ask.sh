#!/bin/sh
# Asks Watcher about the last night (run nightly.sh or a sibling first): what failed first, and where the time went.
set -eu

url=${WATCHER_URL:-http://localhost:8000}

# The body of an answer, in $body; any status but 200 ends the script.
get() {
  set -- -sS -w '\n%{http_code}' "$url$1"
  [ -z "${WATCHER_KEY:-}" ] || set -- "$@" -H "Authorization: Bearer $WATCHER_KEY"
  answer=$(curl "$@")
  status=${answer##*
}
  body=${answer%
*}
  [ "$status" = 200 ] || { printf '%s: %s\n' "$status" "$body" >&2 && exit 1; }
}

# The value of a field in a JSON object, quotes removed. Take jq where there is one.
of() { printf '%s' "$2" | sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }

# The objects of an answer that begin with the named field, each on a line of its own.
objects() { printf '%s\n' "$body" | sed "s/{\"$1\":/\\
&/g" | sed 1d; }

get '/pipeline_execution?pipeline_name=nightly&root=true&limit=1'
[ "$body" != '[]' ] || { echo 'there was no night yet' >&2 && exit 1; }
night=$(of id "$body")

# Each cause is an execution, followed by its path from the night down.
echo 'what failed first:'
get "/pipeline_execution/$night/root_cause"
objects id | while IFS= read -r object; do
  case $object in
    *'"path":['*) why=$(of error_message "$object") path= ;;
    *) path="$path > $(of pipeline_name "$object")" ;;
  esac
  case $object in
    *']}'*) echo "  ${path# > }: $why" ;;
  esac
done

# The segments of the critical path add up to the time that the night took.
get "/pipeline_execution/$night/critical_path"
printf '\nwhere its %s seconds went:\n' "$(of duration_seconds "$body")"
body=${body%%'"off_path"'*}
objects execution_id | sed 1d | while IFS= read -r segment; do
  printf '%8s s %5.1f %%  %s\n' "$(of seconds "$segment")" "$(of percent "$segment")" "$(of pipeline_name "$segment")"
done
