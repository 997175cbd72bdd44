#!/usr/bin/env bash
# Everything that needs a cluster, against the current context: manifests against the API server's schemas, deployment,
# checklist, the typed walkthrough, the demo, and that nothing is left behind.
#
#   scripts/e2e.sh [--context NAME] [--namespace NAME] [--gateway URL]
#   scripts/e2e.sh --logs DIR      where logs go when something fails (default: target/e2e-logs)
#
# The images have to be on the cluster (scripts/build-images.sh --load …). Works in two namespaces, meshwalk (or the one
# named) and meshwalk-demo, and takes both away at the end; refuses to start where one of them is in use.
# Needs: kubectl 1.31, curl 7.76, a cluster with Istio, and python3; istioctl for the analysis. Takes five minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/gateway.sh

logs=target/e2e-logs
read_flags "$@"
set -- ${arguments[@]+"${arguments[@]}"}
while [ $# -gt 0 ]; do
  case $1 in
    --logs) [ $# -ge 2 ] || fail "--logs needs a folder"; logs=$2; shift ;;
    *) fail "'$1' is not understood; see $0 --help" ;;
  esac
  shift
done
flags=()
[ -z "$context" ] || flags+=(--context "$context")
[ -z "$gateway" ] || flags+=(--gateway "$gateway")
command -v python3 >/dev/null || fail "python3 is not on the PATH: tests/test_traffic_split.py needs it"
require_curl
require_cluster
require_istio
for name in "$namespace" meshwalk-demo; do
  if quietly get namespace "$name" >/dev/null; then
    fail "namespace $name is in use: 'scripts/deploy.sh --remove', or another one by --namespace"
  fi
done

leave_logs() {
  say "something failed: logs go to $logs"
  mkdir -p "$logs"
  local name pod
  for name in "$namespace" meshwalk-demo; do
    quietly -n "$name" get pods,istio-io -o wide >"$logs/$name.txt" || true
    quietly -n "$name" get events --sort-by=.lastTimestamp >>"$logs/$name.txt" || true
    for pod in $(quietly -n "$name" get pods -o name || true); do
      quietly -n "$name" logs "$pod" --all-containers --prefix --tail=400 >"$logs/$name-${pod#pod/}.log" || true
    done
  done
  quietly -n istio-system logs deployment/istiod --tail=2000 >"$logs/istiod.log" || true
  quietly -n istio-system logs deployment/istio-ingressgateway --tail=2000 >"$logs/ingressgateway.log" || true
}
end() {
  [ "$1" = 0 ] || leave_logs
  stop_forwards
  quietly delete --ignore-not-found namespace "$namespace" meshwalk-demo >/dev/null || true
}
trap 'end $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "manifests against the API server's schemas"
files=()
while IFS= read -r file; do files+=("$file"); done < <(find istio -name '*.yaml' ! -path 'istio/install/*' | sort)
# A dry run refuses objects of a namespace that is not there.
kube create namespace "$namespace"
for_namespace "${files[@]}" | kube apply --dry-run=server --validate=strict -f - >/dev/null
for overlay in k8s/base k8s/overlays/*/; do
  quietly kustomize "$overlay" | sed "s/namespace: meshwalk\$/namespace: $namespace/; s/^  name: meshwalk\$/  name: $namespace/" |
    kube apply --dry-run=server --validate=strict -f - >/dev/null
done
kube delete namespace "$namespace"

if command -v istioctl >/dev/null; then
  say "each of Istio's files beside the workload: istioctl analyze"
  workload=$(mktemp)
  quietly kustomize k8s/base >"$workload"
  for file in "${files[@]}"; do
    show istioctl analyze --use-kube=false --failure-threshold Warning "$workload" istio/gateway/http.yaml istio/subsets.yaml "$file"
    istioctl analyze --use-kube=false --failure-threshold Warning "$workload" istio/gateway/http.yaml istio/subsets.yaml "$file" >"$workload.out" 2>&1 ||
      { cat "$workload.out" >&2; fail "$file is not as Istio wants it"; }
  done
  rm -f "$workload" "$workload.out"
fi

say "deployment"
run scripts/deploy.sh --namespace "$namespace" ${flags[@]+"${flags[@]}"}
say "once more: nothing changes"
run scripts/deploy.sh --namespace "$namespace" ${flags[@]+"${flags[@]}"}
say "checklist and typed walkthrough"
run scripts/verify.sh --all --namespace "$namespace" ${flags[@]+"${flags[@]}"}

say "the demo"
kube apply -f examples/simple-demo.yaml
run examples/test-demo.sh 400 ${flags[@]+"${flags[@]}"}
gateway_host=meshwalk-demo.localhost
find_gateway
run env MESHWALK_GATEWAY="$gateway" python3 tests/test_traffic_split.py

say "nothing is left behind"
kube delete -f examples/simple-demo.yaml
run scripts/deploy.sh --remove --namespace "$namespace" ${context:+--context "$context"}
for name in "$namespace" meshwalk-demo; do
  if quietly get namespace "$name" >/dev/null; then fail "namespace $name is still there"; fi
done
say "all of it passed"
