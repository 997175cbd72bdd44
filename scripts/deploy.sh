#!/usr/bin/env bash
# Brings the workload up on a cluster that has Istio: namespace, deployments, and the way in through the gateway.
#
#   scripts/deploy.sh [--context NAME] [--namespace NAME] [--gateway URL]
#   scripts/deploy.sh --overlay k8s/overlays/rollout-safe     another kustomization than k8s/base
#   scripts/deploy.sh --restart                               also replace the pods (after new images under old tags)
#   scripts/deploy.sh --remove                                take all of it away again
#
# Prints each command before it runs it, and waits until every pod is ready and the gateway answers. It makes one
# namespace (meshwalk unless --namespace says otherwise) and changes nothing outside of it. The images have to be there
# first: scripts/build-images.sh --load …
#
# Needs: kubectl 1.31, curl, a cluster with Istio (scripts/cluster-up.sh). To be run as often as you like.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/gateway.sh

overlay=k8s/base
restart=
remove=
read_flags "$@"
set -- ${arguments[@]+"${arguments[@]}"}
while [ $# -gt 0 ]; do
  case $1 in
    --overlay) [ $# -ge 2 ] || fail "--overlay needs a folder"; overlay=${2%/}; shift ;;
    --restart) restart=yes ;;
    --remove) remove=yes ;;
    *) fail "'$1' is not understood; see $0 --help" ;;
  esac
  shift
done
[ -f "$overlay/kustomization.yaml" ] || fail "--overlay: there is no $overlay/kustomization.yaml"
trap stop_forwards EXIT
# Otherwise what Ctrl-C ends would be told as something that failed.
trap 'exit 130' INT
require_curl
require_cluster

# Applying the namespace would relabel one that is not ours, and deleting it would take away what others have in it.
owner=$(quietly get namespace "$namespace" -o jsonpath='{.metadata.labels.app\.kubernetes\.io/part-of}' || echo none)
case $owner in
  meshwalk | none) ;;
  *) fail "namespace $namespace is not Meshwalk's (its label app.kubernetes.io/part-of is '$owner'): name another by --namespace" ;;
esac

# In another namespace, a kustomization on top of the asked one gives the name.
kustomization=$overlay
if [ "$namespace" != meshwalk ]; then
  kustomization=target/deploy-$namespace
  mkdir -p "$kustomization"
  printf 'namespace: %s\nresources: [../../%s]\n' "$namespace" "$overlay" >"$kustomization/kustomization.yaml"
fi

if [ -n "$remove" ]; then
  say "taking namespace $namespace away, with everything in it"
  kube delete --ignore-not-found -k "$kustomization"
  exit
fi
require_istio

say "workload: namespace $namespace in $(context_name)"
kube apply -k "$kustomization"
[ -z "$restart" ] || kube -n "$namespace" rollout restart deployment

say "way in: $gateway_host through the ingress gateway"
apply istio/gateway/http.yaml istio/subsets.yaml

say "waiting for the pods"
deployments=$(quietly -n "$namespace" get deployments -o name)
for deployment in $deployments; do
  kube -n "$namespace" rollout status "$deployment" --timeout=180s || {
    kube -n "$namespace" get pods
    kube -n "$namespace" get events --field-selector type=Warning --sort-by=.lastTimestamp | tail -n 12
    fail "$deployment did not come up. ErrImagePull or ErrImageNeverPull: scripts/build-images.sh --load … brings the images"
  }
done
kube -n "$namespace" get pods

say "asking the gateway"
find_gateway
run curl -sS --max-time 20 --noproxy '*' -H "Host: $gateway_host" "$gateway/api/hello"
echo
