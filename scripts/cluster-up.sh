#!/usr/bin/env bash
# A cluster for the walkthrough: a new one by kind with the pinned Istio, or a look at the one that is there.
#
#   scripts/cluster-up.sh                       kind cluster `meshwalk`, Istio's default profile
#   scripts/cluster-up.sh --profile demo        … its demo profile
#   scripts/cluster-up.sh --name NAME           … a kind cluster of another name
#   scripts/cluster-up.sh --revision 1-31-0     Istio under a revision, besides another one
#   scripts/cluster-up.sh --current             no new cluster: checks the current context's (or --context NAME)
#   scripts/cluster-up.sh --current --install   … and installs Istio there, if it has none
#
# Versions stand in versions.env. A cluster that it made is reached as context kind-NAME; your kubeconfig gets that
# entry, and it becomes the current context. With --current, nothing is changed without --install; with it, the
# namespace istio-system and Istio's cluster-wide objects are added.
#
# Needs: kind and a container engine (not with --current), kubectl, istioctl of the pinned version, curl. To be run as
# often as you like: what is there already stays as it is.
#
# What the tests of this project cover: --current on a real cluster, the rendering of every file under istio/install by
# istioctl, and the kind branch's order of commands against stand-ins of kind and istioctl (tests/scripts.sh). kind itself
# is not run by them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/cluster.sh

profile=default
name=meshwalk
current=
install=
revision=
read_flags "$@"
set -- ${arguments[@]+"${arguments[@]}"}
while [ $# -gt 0 ]; do
  case $1 in
    --profile | --name | --revision) [ $# -ge 2 ] || fail "$1 needs a value; see $0 --help" ;;
  esac
  case $1 in
    --profile) profile=$2; shift ;;
    --name) name=$2; shift ;;
    --revision) revision=$2; shift ;;
    --current) current=yes ;;
    --install) install=yes ;;
    *) fail "'$1' is not understood; see $0 --help" ;;
  esac
  shift
done
[ -f "istio/install/$profile.yaml" ] || fail "--profile: there is no istio/install/$profile.yaml; default and demo are there"
[ -z "$context" ] || [ -n "$current" ] || fail "--context needs --current; --name names a new kind cluster"

require_kind() {
  command -v kind >/dev/null || fail "kind is not on the PATH: https://kind.sigs.k8s.io (or --current, for a cluster that you have)"
  require_version kind "$(kind version | version_in)" "$KIND_LEAST_VERSION" "The node image $KIND_NODE_IMAGE needs it"
  local engine
  for engine in "${KIND_EXPERIMENTAL_PROVIDER:-docker}" podman nerdctl ''; do
    if [ -n "$engine" ] && command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1; then break; fi
  done
  [ -n "$engine" ] || fail "kind needs a container engine that answers: Docker, Podman or nerdctl"
  [ "$engine" = docker ] || export KIND_EXPERIMENTAL_PROVIDER=$engine
}
require_istioctl() {
  command -v istioctl >/dev/null ||
    fail "istioctl is not on the PATH: https://github.com/istio/istio/releases/tag/$ISTIO_VERSION has it"
  local have
  have=$(istioctl version --remote=false 2>/dev/null | version_in || true)
  [ "$have" = "$ISTIO_VERSION" ] || fail "istioctl is ${have:-of an unknown version}, and it installs its own version: $ISTIO_VERSION \
is what this project is tested with. https://github.com/istio/istio/releases/tag/$ISTIO_VERSION has it"
}

require_curl
require_kubectl
if [ -z "$current" ]; then
  require_kind
  require_istioctl
  if kind get clusters 2>/dev/null | grep -x "$name" >/dev/null; then
    say "kind cluster $name is there already"
  else
    say "starting kind cluster $name"
    run kind create cluster --name "$name" --image "$KIND_NODE_IMAGE" --config k8s/kind/cluster.yaml --wait 180s
  fi
  context=kind-$name
  kubectl=(kubectl --context "$context")
  install=yes
fi
require_cluster

istio_is_there() {
  if [ -n "$revision" ]; then
    quietly -n istio-system get deployment "istiod-$revision" >/dev/null
  else
    [ -n "$(quietly get deployments -A -l app=istiod -o name)" ]
  fi
}
if istio_is_there; then
  say "Istio is there already"
elif [ -n "$install" ]; then
  require_istioctl
  say "installing Istio $ISTIO_VERSION (profile $profile) in $(context_name): adds namespace istio-system and cluster-wide objects"
  files=(-f "istio/install/$profile.yaml")
  [ -n "$current" ] || files+=(-f istio/install/node-port.yaml)
  [ -z "$revision" ] || files+=(--revision "$revision")
  [ -z "$context" ] || files+=(--context "$context")
  run istioctl install --skip-confirmation "${files[@]}"
else
  fail "$(context_name) has no Istio: --install adds it, or 'istioctl install -f istio/install/$profile.yaml'"
fi

say "checking"
for deployment in $(quietly get deployments -A -l app=istiod -o jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name} {end}'); do
  kube -n "${deployment%/*}" rollout status "deployment/${deployment#*/}" --timeout=180s
done
kube -n "$gateway_namespace" rollout status deployment/istio-ingressgateway --timeout=180s ||
  fail "the ingress gateway is missing or not ready: 'kubectl get pods -n $gateway_namespace' shows why"
running=$(quietly get deployments -A -l app=istiod -o jsonpath='{.items[0].spec.template.spec.containers[0].image}')
case ${running##*:} in
  "$ISTIO_VERSION"*) ;;
  *) echo "Istio is ${running##*:}, and the labs are tested with $ISTIO_VERSION: some may see it differently" >&2 ;;
esac
log=$(quietly -n istio-system get configmap istio -o jsonpath='{.data.mesh}' | sed -n 's/^accessLogFile: *//p')
[ -n "$log" ] || echo "the mesh has no accessLogFile: the steps that read the access log have nothing to show" >&2
say "ready: scripts/build-images.sh --load …, then scripts/deploy.sh${context:+ --context $context}"
