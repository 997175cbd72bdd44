#!/usr/bin/env bash
# The verification checklist as a command: a line for each item, and what to do where it fails.
#
#   scripts/verify.sh [--context NAME] [--namespace NAME] [--gateway URL]
#   scripts/verify.sh --all        also runs canary.sh, mtls.sh and faults.sh with --check (three minutes; they change
#                                  routes and policies in the namespace meanwhile, and put them back)
#
# Without --all, nothing is changed. An item that does not apply says why it is skipped. Ends with 1 if one failed.
# Needs: kubectl 1.31, curl 7.76, a cluster with Istio and the workload (scripts/deploy.sh); istioctl for two items.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/gateway.sh

read_flags "$@"
all=
for argument in ${arguments[@]+"${arguments[@]}"}; do
  [ "$argument" = --all ] || fail "'$argument' is not understood; see $0 --help"
  all=yes
done
trap stop_forwards EXIT
# Otherwise what Ctrl-C ends would be told as something that failed.
trap 'exit 130' INT
require_curl
require_cluster

failed=0
ok() { printf 'ok       %s\n' "$1"; }
skipped() { printf 'skipped  %s: %s\n' "$1" "$2"; }
bad() {
  printf 'FAILED   %s: %s\n         %s\n' "$1" "$2" "$3"
  failed=$((failed + 1))
}
# empty ITEM WHAT-IS-WRONG HELP: passes if WHAT-IS-WRONG is empty.
empty() { if [ -z "$2" ]; then ok "$1"; else bad "$1" "$2" "$3"; fi; }
get() { quietly -n "$namespace" get "$@"; }
in_proxy() { quietly -n "$namespace" exec "deployment/$1" -c istio-proxy -- pilot-agent request GET "$2"; }
answer() { curl -s --max-time 10 --noproxy '*' -H "Host: $gateway_host" "$@" "$gateway/api/hello"; }
istioctl=(istioctl)
[ -z "$context" ] || istioctl+=(--context "$context")

# The other items depend on this: without it, they would only repeat the same failure.
if ! quietly get crd virtualservices.networking.istio.io >/dev/null; then
  bad "Istio is installed" "its resource types are unknown" "scripts/cluster-up.sh, or istioctl install -f istio/install/default.yaml"
  exit 1
fi
ok "Istio is installed"
if ! get deployment frontend >/dev/null; then
  bad "the workload is deployed" "namespace $namespace has no deployment frontend" "$(call_here scripts/deploy.sh)"
  exit 1
fi
ok "the workload is deployed"

istiod=$(quietly get deployments -A -l app=istiod -o jsonpath='{range .items[*]}{.status.readyReplicas}{end}')
empty "the control plane is ready" "$([ -n "$istiod" ] || echo "no ready istiod")" "kubectl -n istio-system get pods, then logs deployment/istiod"

injection=$(quietly get namespace "$namespace" -o jsonpath='{.metadata.labels.istio-injection}{.metadata.labels.istio\.io/rev}')
case $injection in
  '' | disabled) bad "the namespace is injected" "no label asks for it" "kubectl label namespace $namespace istio-injection=enabled, then kubectl -n $namespace rollout restart deployment" ;;
  *) ok "the namespace is injected" ;;
esac

unready=$(get deployments -o jsonpath='{range .items[*]}{.metadata.name} {.spec.replicas} {.status.readyReplicas}{"\n"}{end}' | awk '$2 != $3 { printf "%s ", $1 }')
empty "all deployments are ready" "$unready" "kubectl -n $namespace get pods, then describe pod NAME: its events say why"

# A native sidecar is an init container that stays; an older one is a container like others.
without=$(get pods -l 'app,sidecar.istio.io/inject!=false' -o jsonpath='{range .items[*]}{.metadata.name} {.spec.initContainers[*].name} {.spec.containers[*].name}{"\n"}{end}' | awk '!/istio-proxy/ { printf "%s ", $1 }')
empty "every pod has its sidecar (but the outsider)" "$without" "kubectl -n $namespace rollout restart deployment: pods are injected when they are made"

if ! command -v istioctl >/dev/null; then
  skipped "proxies are in sync" "istioctl is not on the PATH"
  skipped "istioctl analyze finds nothing" "istioctl is not on the PATH"
else
  # Every pod with a sidecar has to be known to the control plane, and none may run an old configuration.
  proxies=$("${istioctl[@]}" proxy-status --verbosity 1 2>/dev/null || true)
  stale=
  for pod in $(get pods -l 'app,sidecar.istio.io/inject!=false' --field-selector=status.phase=Running -o jsonpath='{.items[*].metadata.name}'); do
    line=$(grep -F "$pod.$namespace " <<<"$proxies" || true)
    case $line in '' | *STALE* | *'NOT SENT'*) stale+="$pod " ;; esac
  done
  empty "proxies are in sync" "$stale" "istioctl proxy-status --verbosity 1; a proxy that stays STALE: logs of istiod, then restart the pod"
  if analysis=$("${istioctl[@]}" analyze -n "$namespace" 2>&1) && ! grep -q '^\(Warning\|Error\)' <<<"$analysis"; then
    ok "istioctl analyze finds nothing"
  else
    bad "istioctl analyze finds nothing" "$(grep -m 1 '^\(Warning\|Error\)' <<<"$analysis" || tail -n 1 <<<"$analysis")" "istioctl analyze -n $namespace names the object and the fix"
  fi
fi

missing=
for object in gateways.networking.istio.io/meshwalk virtualservices.networking.istio.io/frontend destinationrules.networking.istio.io/backend; do
  get "$object" >/dev/null || missing+="$object "
done
empty "gateway and subsets are applied" "$missing" "$(call_here scripts/deploy.sh)"

if [ -n "$missing" ]; then
  skipped "the gateway answers" "no gateway is applied"
else
  find_gateway
  if [[ $(answer -o /dev/null -w '%{http_code}') = 200 ]]; then
    ok "the gateway answers 200 ($gateway, host $gateway_host)"
  else
    bad "the gateway answers 200" "status $(answer -o /dev/null -w '%{http_code}')" "curl -H 'Host: $gateway_host' $gateway/api/hello: the call tree says which hop failed, and how"
  fi
  if grep -q "\"service\":\"backend\".*\"peer\":\"spiffe://[^\"]*/ns/$namespace/sa/frontend\"" <<<"$(answer)"; then
    ok "the backend knows the frontend by its identity (mutual TLS)"
  else
    bad "the backend knows the frontend by its identity (mutual TLS)" "no such peer in the answer" "kubectl get peerauthentication,destinationrule -A: is mutual TLS disabled somewhere?"
  fi

  routes=$(get virtualservices.networking.istio.io backend -o jsonpath='{.spec.http[*].match[*].headers.x-canary.exact}' || true)
  if [ "$routes" = true ]; then
    if grep -q '"service":"backend","version":"v2"' <<<"$(answer -H 'x-canary: true')"; then ok "testers (x-canary: true) get v2"; else
      bad "testers (x-canary: true) get v2" "they do not" "istioctl proxy-config routes deploy/frontend -n $namespace --name 8080 -o yaml"
    fi
  else
    skipped "testers (x-canary: true) get v2" "no applied route asks for it; kubectl apply -f istio/routes/v2-by-header.yaml"
  fi
fi

mode=$(get peerauthentications.security.istio.io default -o jsonpath='{.spec.mtls.mode}' || true)
if [ "$mode" = STRICT ]; then
  forward "$namespace" deployment/outsider 8080 2>/dev/null
  if grep -q '"error":{"kind":"reset"' <<<"$(curl -s --max-time 20 --noproxy '*' "$forwarded/api/hello")"; then
    ok "mutual TLS is STRICT: the outsider's plaintext is refused"
  else
    bad "mutual TLS is STRICT: the outsider's plaintext is refused" "it is not" "istioctl x describe pod POD -n $namespace shows the active mode"
  fi
else
  skipped "mutual TLS is STRICT" "not asked for in this namespace; kubectl apply -f istio/security/strict.yaml"
fi

counts=$(in_proxy frontend stats/prometheus | grep -c '^istio_requests_total{' || true)
if [ "${counts:-0}" -gt 0 ]; then ok "sidecars count requests (istio_requests_total)"; else
  bad "sidecars count requests (istio_requests_total)" "the frontend's sidecar has no such metric" "kubectl get telemetry -A: are metrics switched off?"
fi
forward "$namespace" deployment/frontend 15020 2>/dev/null
if grep -q '^http_server_request_duration_seconds_count' <<<"$(curl -s --max-time 10 --noproxy '*' "$forwarded/stats/prometheus")"; then
  ok "the application's metrics are merged into the sidecar's page"
else
  bad "the application's metrics are merged into the sidecar's page" "they are not on port 15020" "the pod's annotations prometheus.io/{scrape,port,path} have to name port 8081"
fi
log=$(quietly -n istio-system get configmap istio -o jsonpath='{.data.mesh}' | sed -n 's/^accessLogFile: *//p' || true)
if [ -n "$log" ]; then ok "access logs are written ($log)"; else skipped "access logs are written" "the mesh has no accessLogFile (istio/install/default.yaml has)"; fi

jaeger=
for addon in kiali:"Kiali's graph" jaeger:"traces in Jaeger"; do
  place=$(quietly get services -A -l "app=${addon%%:*}" -o jsonpath='{.items[0].metadata.namespace}' || true)
  if [ -z "$place" ]; then skipped "${addon#*:}" "not installed"; else
    running=$(quietly -n "$place" get pods -l "app=${addon%%:*}" --field-selector=status.phase=Running -o name | sed -n 1p)
    empty "${addon#*:}: ${addon%%:*} runs" "$([ -n "$running" ] || echo "no running pod in namespace $place")" "kubectl -n $place get pods"
    case $addon in jaeger:*) jaeger=$running ;; esac
  fi
done
# That it runs says nothing about this namespace: who reports to it is in its list of services.
if [ -n "$jaeger" ]; then
  forward "$place" "$jaeger" 16686 2>/dev/null
  # Istio's own example of a Jaeger serves under a path.
  reporting=$(for path in /api /jaeger/api; do curl -s --max-time 10 --noproxy '*' "$forwarded$path/services" || true; done)
  if grep -qF "\"frontend.$namespace\"" <<<"$reporting"; then ok "the frontend's sidecar has sent traces to Jaeger"; else
    skipped "the frontend's sidecar has sent traces to Jaeger" "it has not, in this namespace; $(call_here scripts/tracing.sh) --provider"
  fi
fi

if [ -n "$all" ]; then
  for part in canary mtls faults; do
    log=$(mktemp)
    if "scripts/$part.sh" --check "${ways[@]}" >"$log" 2>&1; then ok "scripts/$part.sh --check"; else
      bad "scripts/$part.sh --check" "$(grep -m 1 DIFFERS "$log" || tail -n 1 "$log")" "scripts/$part.sh shows all of it"
    fi
    rm -f "$log"
  done
fi

[ "$failed" = 0 ] || { echo "$failed failed" >&2; exit 1; }
