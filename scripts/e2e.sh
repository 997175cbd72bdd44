#!/usr/bin/env bash
# Everything that needs a cluster, against the current context: manifests against the API server's schemas, deployment,
# checklist, the typed walkthrough, the labs from outside and from inside of the cluster, the demo, and that nothing is
# left behind.
#
#   scripts/e2e.sh [--context NAME] [--namespace NAME] [--gateway URL]
#   scripts/e2e.sh --meshwalk FILE     the program that runs the labs (default: built by cargo)
#   scripts/e2e.sh --tracing           also brings Jaeger and a provider for the labs' traces, and takes them away again;
#                                      that changes the ConfigMap istio in istio-system
#   scripts/e2e.sh --conformance DIR   also holds the local mesh against this Istio (scripts/conformance.sh), with the labs'
#                                      report of this machine in DIR; changes Istio's root namespace for some seconds, and
#                                      needs Rust (cargo) and Python 3 with pip
#   scripts/e2e.sh --lab NAME          only this lab from here; repeatable (default: all of them)
#   scripts/e2e.sh --report DIR        where the labs' reports go (default: target/e2e)
#   scripts/e2e.sh --logs DIR          where logs go when something fails (default: target/e2e/logs)
#
# The images have to be on the cluster (scripts/build-images.sh --runner --load …). Works in two namespaces, meshwalk (or
# the one named) and meshwalk-demo, and takes both away at the end; refuses to start where one of them is in use.
# Needs: kubectl 1.31, curl 7.76, a cluster with Istio, and python3; istioctl for the analysis. Takes ten minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/gateway.sh

. scripts/inventory.sh

report=target/e2e
labs=()
logs=
meshwalk=
tracing=
conformance=
read_flags "$@"
set -- ${arguments[@]+"${arguments[@]}"}
while [ $# -gt 0 ]; do
  case $1 in
    --logs | --report | --meshwalk | --lab | --conformance) [ $# -ge 2 ] || fail "$1 needs a value; see $0 --help" ;;
  esac
  case $1 in
    --tracing) tracing=yes ;;
    --conformance) conformance=$2; shift ;;
    --lab) labs+=("$2"); shift ;;
    --logs) logs=$2; shift ;;
    --report) report=$2; shift ;;
    --meshwalk) meshwalk=$2; shift ;;
    *) fail "'$1' is not understood; see $0 --help" ;;
  esac
  shift
done
logs=${logs:-$report/logs}
if [ -z "$meshwalk" ]; then
  require_cargo
  say "the program that runs the labs"
  run cargo build --locked --bin meshwalk
  meshwalk=$(target_directory)/debug/meshwalk
fi
[ -x "$meshwalk" ] || fail "--meshwalk: $meshwalk is not a program"
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
  quietly -n "$namespace" describe pods >"$logs/$namespace-pods.txt" || true
  quietly -n istio-system logs deployment/istiod --tail=2000 >"$logs/istiod.log" || true
  quietly -n istio-system logs deployment/istio-ingressgateway --tail=2000 >"$logs/ingressgateway.log" || true
}
end() {
  [ "$1" = 0 ] || leave_logs
  stop_forwards
  [ "$tracing" != there ] || scripts/tracing.sh --remove "${where[@]}" || true
  quietly delete --ignore-not-found namespace "$namespace" meshwalk-demo >/dev/null || true
}
trap 'end $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

before=$(inventory)
say "manifests against the API server's schemas"
files=()
while IFS= read -r file; do files+=("$file"); done < <(find istio -name '*.yaml' ! -path 'istio/install/*' | sort)
# A dry run refuses objects of a namespace that is not there.
kube create namespace "$namespace"
kube label namespace "$namespace" pod-security.kubernetes.io/warn=restricted
warnings=$(mktemp)
for_namespace "${files[@]}" | kube apply --dry-run=server --validate=strict -f - >/dev/null
for overlay in k8s/base k8s/runner k8s/overlays/*/; do
  quietly kustomize "$overlay" | sed "s/namespace: meshwalk\$/namespace: $namespace/; s/^  name: meshwalk\$/  name: $namespace/" |
    kube apply --dry-run=server --validate=strict -f - 2>&1 >/dev/null | tee -a "$warnings" >&2
done
! grep 'would violate PodSecurity' "$warnings" || fail "the workload's own pods do not comply with Pod Security restricted"
rm -f "$warnings"
kube delete namespace "$namespace"

if command -v istioctl >/dev/null; then
  say "each of Istio's files with the workload: istioctl analyze"
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
run scripts/deploy.sh "${ways[@]}"
say "once more: nothing changes"
run scripts/deploy.sh "${ways[@]}"
say "checklist and typed walkthrough"
run scripts/verify.sh --all "${ways[@]}"

if [ -n "$tracing" ] && quietly get namespace meshwalk-observability >/dev/null; then
  say "traces: Jaeger is there already, and stays"
elif [ -n "$tracing" ]; then
  say "traces"
  tracing=there
  run scripts/tracing.sh --provider "${ways[@]}"
fi
say "the labs, from here"
run "$meshwalk" run ${labs[@]+"${labs[@]}"} --on cluster "${ways[@]}" --report "$report/labs"

if [ -n "$conformance" ]; then
  say "the local mesh against Istio"
  run scripts/conformance.sh --mesh-wide --local-report "$conformance" --cluster-report "$report/labs" "${ways[@]}"
fi

if [ "$tracing" = there ]; then
  run scripts/tracing.sh --remove "${ways[@]}"
  tracing=
fi

say "the labs, from inside of the cluster"
run scripts/runner.sh mutual-tls "${where[@]}" --report "$report/runner"
say "once more, with a v1 that fails: the Job has to fail, and to say which check did"
sick=$(quietly -n "$namespace" get pods -l app=backend,version=v1 -o name | sed -n 1p)
forward "$namespace" "$sick" 8082
run curl -sS --fail-with-body --noproxy '*' "$forwarded/faults" --data-binary 'error=500;id=sick'
if run scripts/runner.sh canary "${where[@]}" --report "$report/runner-sick"; then fail "the Job has not failed"; fi
grep -q '^canary, All requests get v1:' "$report/runner-sick/report.txt" || fail "its report does not say what failed"
grep -q '"status":"failed"' "$report/runner-sick/report.json" || fail "its report is not there as JSON"
run curl -sS --fail-with-body --noproxy '*' -X DELETE "$forwarded/faults"

say "a client inside of the mesh"
run scripts/deploy.sh --overlay k8s/overlays/with-client "${ways[@]}"
in_client=(-n "$namespace" exec deployment/client -c client -- /meshwalk load http://backend:8080/api/hello --fail-on-error)
# A new pod's sidecar may not know the backend's endpoints yet: the load counts after three probes in a row were answered.
probes=0
for _ in $(seq 60); do
  if quietly "${in_client[@]}" --rate 20/s --for 200ms >/dev/null; then probes=$((probes + 1)); else probes=0; fi
  [ "$probes" -lt 3 ] || break
done
[ "$probes" = 3 ] || fail "the client pod cannot reach http://backend:8080"
kube "${in_client[@]}" --rate 20/s --for 1s

say "the demo"
kube apply -f examples/simple-demo.yaml
run examples/test-demo.sh 400 ${context:+--context "$context"} ${gateway:+--gateway "$gateway"}
gateway_host="meshwalk-demo.localhost"
find_gateway
run env MESHWALK_GATEWAY="$gateway" python3 tests/test_traffic_split.py

say "nothing is left behind"
kube delete -f examples/simple-demo.yaml
run scripts/deploy.sh --remove "${where[@]}"
for name in "$namespace" meshwalk-demo; do
  if quietly get namespace "$name" >/dev/null; then fail "namespace $name is still there"; fi
done
after=$(inventory)
if ! diff <(echo "$before") <(echo "$after") >&2; then
  fail "outside of its namespaces the cluster is not as it was (< before, > now)"
fi
echo "$(wc -l <<<"$after") objects without a namespace or in istio-system are as they were" >&2
say "all of it passed"
