#!/usr/bin/env bash
# Counts which release of the backend answers, and says whether the share is the one that was asked for.
#
#   examples/test-demo.sh [COUNT]             default: 100 requests to the demo, 30 % of them to v2
#   examples/test-demo.sh 500 --share 10      another share of v2 (after another route)
#   examples/test-demo.sh --namespace meshwalk --share 10     another deployment
#   --context NAME, --gateway URL             another cluster, another way in
#
# Pods that are ready are not yet known to every sidecar, so the script first waits, 60 s at most, until three rounds of
# 20 requests in a row are answered and every release with a share has answered. Only then it counts.
# The test is exact (binomial), and calls a right share wrong once in a million times. What it can notice depends on
# COUNT: it says which counts it takes for right, and with 20 requests these are many.
# Needs: kubectl 1.31, curl 7.76, a cluster with Istio, and `kubectl apply -f examples/simple-demo.yaml`. Changes nothing.
# Ends with 1 if the share is not right, or a request failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/gateway.sh

count=
share=30
namespace=meshwalk-demo
read_flags "$@"
set -- ${arguments[@]+"${arguments[@]}"}
while [ $# -gt 0 ]; do
  case $1 in
    --share) [ $# -ge 2 ] || fail "--share needs a number of per cent; see $0 --help"; share=${2%\%}; shift ;;
    -*) fail "'$1' is not understood; see $0 --help" ;;
    *) [ -z "$count" ] || fail "'$1' is one COUNT too many; see $0 --help"; count=$1 ;;
  esac
  shift
done
count=${count:-100}
[[ $count =~ ^[1-9][0-9]{0,4}$ ]] || fail "COUNT: '$count' is not a whole number from 1 to 99999; see $0 --help"
if ! [[ $share =~ ^[0-9]+$ ]] || [ "$share" -gt 100 ]; then fail "--share: '$share' is not a whole number from 0 to 100"; fi

answers=$(mktemp)
trap 'rm -f "$answers"; stop_forwards' EXIT
require_curl
require_cluster
quietly -n "$namespace" get deployment backend-v1 backend-v2 frontend >/dev/null ||
  fail "the demo is not in namespace $namespace: 'kubectl apply -f examples/simple-demo.yaml', then this again"
for deployment in frontend backend-v1 backend-v2; do
  quietly -n "$namespace" rollout status "deployment/$deployment" --timeout=120s >/dev/null ||
    fail "deployment $deployment is not ready: 'kubectl -n $namespace get pods' shows why; the images come by scripts/build-images.sh --load …"
done
find_gateway

counted() { grep -c "\"service\":\"backend\",\"version\":\"$1\"" "$answers" || true; }
first_failure() { grep -v '"service":"backend","version"' "$answers" | sed -n 1p; }
# request COUNT: writes one answer a line to $answers.
request() {
  curl -s --max-time 20 --noproxy '*' -H "Host: $gateway_host" -w '\n' "$gateway/api/hello?[1-$1]" >"$answers" || true
}

# Waits until three rounds in a row are answered, and every release that should have a share has answered in them. A
# release that has not answered after 15 s of answered rounds is left to the count below, which reports it.
wait_for_releases() {
  local rounds=0 v1=0 v2=0 answered_since=$SECONDS end=$((SECONDS + 60))
  echo "waiting until the releases answer" >&2
  while [ $SECONDS -lt $end ]; do
    request 20
    if [ $(($(counted v1) + $(counted v2))) = 20 ]; then
      rounds=$((rounds + 1)) v1=$((v1 + $(counted v1))) v2=$((v2 + $(counted v2)))
      if [ $rounds -ge 3 ] && { [ "$share" = 100 ] || [ $v1 -gt 0 ]; } && { [ "$share" = 0 ] || [ $v2 -gt 0 ]; }; then
        return
      fi
      [ $SECONDS -lt $((answered_since + 15)) ] || return 0
    else
      rounds=0 v1=0 v2=0 answered_since=$SECONDS
    fi
    sleep 0.2
  done
  # Every request of the last rounds was answered, and a release is missing: the count reports that.
  [ $rounds = 0 ] || return 0
  echo "after 60 s some requests still get no answer of the backend. The first of the last 20:" >&2
  first_failure >&2
  exit 1
}
wait_for_releases

show curl -s --max-time 20 --noproxy '*' -H "Host: $gateway_host" -w '\n' "$gateway/api/hello?[1-$count]"
request "$count"
v1=$(counted v1)
v2=$(counted v2)
echo "v1: $v1"
echo "v2: $v2"
if [ $((v1 + v2)) != "$count" ]; then
  echo "$((count - v1 - v2)) of $count requests got no answer of the backend. The first of them:" >&2
  first_failure >&2
  exit 1
fi
if fits=$(awk -v n="$count" -v k="$v2" -v p="$share" -f scripts/share.awk); then
  echo "the share of v2 is right: with $share % of $count requests, ${fits/ / to } fit"
else
  echo "the share of v2 is NOT right: with $share % of $count requests, ${fits/ / to } would fit" >&2
  exit 1
fi
