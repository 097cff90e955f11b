#!/bin/sh
# Tries the chart in the cluster of the current context: `sh tools/smoke-chart.sh CHART REPOSITORY TAG`. The nodes must
# have the image, or be able to pull it. Needs kubectl, Helm and curl. Works in a namespace of its own, which it leaves
# for a look at a failure; the cluster is meant to be thrown away, as one of kind is.
#
# Installs a PostgreSQL and the chart, runs the chart's test and tools/smoke.sh, upgrades the release once so that a Job
# migrates, and does it again.
set -eu

usage='usage: sh tools/smoke-chart.sh CHART REPOSITORY TAG'
chart=${1:?$usage} repository=${2:?$usage} tag=${3:?$usage}
here=$(dirname "$0")
namespace=${NAMESPACE:-watcher-smoke}
port=${PORT:-18001}
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
forward=''

kube() { kubectl --namespace "$namespace" "$@"; }

finish() {
  status=$?
  [ -z "$forward" ] || kill "$forward" 2>/dev/null || true
  if [ "$status" -ne 0 ]; then
    kube get pods,jobs,events >&2 || true
    kube logs --selector app.kubernetes.io/name=watcher --all-containers --tail 100 >&2 || true
  fi
  exit "$status"
}
trap finish EXIT

try() {
  kube rollout status deployment/watcher --timeout 180s
  helm --namespace "$namespace" test watcher --timeout 120s
  # Not by `kube`: a function in the background is a shell, and would end without kubectl.
  kubectl --namespace "$namespace" port-forward service/watcher "$port:80" >/dev/null &
  forward=$!
  WATCHER_API_KEY=$key sh "$here/smoke.sh" "http://127.0.0.1:$port"
  kill "$forward"
  forward=''
}

kubectl create namespace "$namespace"
kube create secret generic postgresql --from-literal "password=$password"
kube apply --filename "$here/../deploy/kubernetes/postgresql.example.yaml"
kube rollout status statefulset/postgresql --timeout 180s

helm --namespace "$namespace" install watcher "$chart" --timeout 240s --wait \
  --set "image.repository=$repository,image.tag=$tag" \
  --set "secret.databaseUrl=postgresql://postgres:$password@postgresql:5432/postgres" \
  --set "secret.adminKey=$key"
try
echo 'ok  the chart installs'

helm --namespace "$namespace" upgrade watcher "$chart" --timeout 240s --wait --reuse-values \
  --set migration.mode=job,replicaCount=1,config.LOG_LEVEL=debug
try
echo 'ok  the release is upgraded'
