# shellcheck shell=bash
# What the scripts for a cluster share: flags, printed commands, and what they find in the way. To be sourced from the
# project's root. Made for bash 3.2, which is the one that comes with macOS.
# shellcheck disable=SC2034  # its variables are for the scripts
. scripts/requirements.sh
. versions.env

context=
namespace=meshwalk
gateway=${MESHWALK_GATEWAY:-}
gateway_namespace=istio-system
kubectl=(kubectl)
arguments=()

# Takes the flags that all scripts have off the command line, and leaves the others in `arguments`.
read_flags() {
  arguments=()
  while [ $# -gt 0 ]; do
    case $1 in
      --context | --namespace | --gateway)
        [ $# -ge 2 ] || fail "$1 needs a value; see $0 --help"
        read_flag "$1" "$2"
        shift
        ;;
      --context=* | --namespace=* | --gateway=*) read_flag "${1%%=*}" "${1#*=}" ;;
      -h | --help) usage; exit 0 ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
  [ -z "$context" ] || kubectl+=(--context "$context")
  gateway_host=$namespace.localhost
  # The same flags for the scripts and programs that this one calls: where, and by which way in.
  where=(--namespace "$namespace" ${context:+--context "$context"})
  ways=("${where[@]}" ${gateway:+--gateway "$gateway"})
}
read_flag() {
  case $1 in
    --context) context=$2 ;;
    --namespace)
      [[ $2 =~ ^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$ ]] || fail "--namespace: '$2' is not a valid namespace name"
      namespace=$2
      ;;
    --gateway)
      [[ $2 =~ ^http://[^/]+/?$ ]] || fail "--gateway: '$2' is not a URL such as http://203.0.113.7:8080"
      gateway=${2%/}
      ;;
  esac
}
no_arguments() { [ ${#arguments[@]} = 0 ] || fail "'${arguments[0]}' is not understood; see $0 --help"; }

# A command as it can be typed, and then its run.
show() { printf '$%s\n' "$(typed "$@")" >&2; }
typed() {
  local word
  for word; do
    [[ $word =~ ^[][A-Za-z0-9_@%+=:,./{}-]+$ ]] && [[ $word != *[][{}]* ]] || word="'${word//\'/\'\\\'\'}'"
    printf ' %s' "$word"
  done
}
run() { show "$@"; "$@"; }
kube() { run "${kubectl[@]}" "$@"; }
quietly() { "${kubectl[@]}" "$@" 2>/dev/null; }

# require_version NAME HAVE LEAST HOW-TO-GET-IT
require_version() {
  [ -n "$2" ] || fail "$1 does not say its version; it has to be $3 or newer. $4"
  [ "$(printf '%s\n' "$3" "$2" | sort -V | sed -n 1p)" = "$3" ] || fail "$1 is $2 and has to be $3 or newer. $4"
}
# The first thing in the standard input that looks like a version.
version_in() { sed -n 's/^[^0-9]*\([0-9][0-9]*\.[0-9][0-9]*\(\.[0-9][0-9]*\)\{0,1\}\).*/\1/p' | sed -n 1p; }

require_kubectl() {
  command -v kubectl >/dev/null || fail "kubectl is not on the PATH: https://kubernetes.io/docs/tasks/tools"
  require_version kubectl "$(kubectl version --client 2>/dev/null | version_in)" "$KUBECTL_LEAST_VERSION" \
    "See https://kubernetes.io/docs/tasks/tools"
}
require_curl() {
  command -v curl >/dev/null || fail "curl is not on the PATH: install it from your system's packages"
  require_version curl "$(curl --version | version_in)" "$CURL_LEAST_VERSION" "Update it"
}
# A context that answers, with a Kubernetes and an Istio that are not too old.
require_cluster() {
  require_kubectl
  [ -z "$context" ] || kubectl config get-contexts "$context" >/dev/null 2>&1 ||
    fail "there is no context '$context'; those that there are: $(kubectl config get-contexts -o name | tr '\n' ' ')"
  local server
  server=$("${kubectl[@]}" version --request-timeout=10s 2>&1 | sed -n 's/^Server Version: //p' | version_in || true)
  [ -n "$server" ] || fail "no cluster answers in $(context_name): scripts/cluster-up.sh starts one; --context names another"
  require_version "Kubernetes (in $(context_name))" "$server" "$KUBERNETES_LEAST_VERSION" "Istio $ISTIO_VERSION needs it"
}
context_name() { if [ -n "$context" ]; then echo "context $context"; else echo "context $(kubectl config current-context 2>/dev/null || echo '(none)')"; fi; }

require_istio() {
  quietly get crd virtualservices.networking.istio.io >/dev/null ||
    fail "Istio is not installed in $(context_name): 'istioctl install -f istio/install/default.yaml', or scripts/cluster-up.sh"
  local ready
  ready=$(quietly get deployments -A -l app=istiod -o jsonpath='{range .items[*]}{.status.readyReplicas}{end}')
  [ -n "$ready" ] || fail "Istio's control plane is not ready: 'kubectl get pods -n istio-system' shows why"
}
# call_here SCRIPT: its call that is about the same cluster and namespace.
call_here() {
  local call=$1
  [ -z "$context" ] || call+=" --context $context"
  [ "$namespace" = meshwalk ] || call+=" --namespace $namespace"
  echo "$call"
}
require_workload() {
  quietly get namespace "$namespace" >/dev/null || fail "there is no namespace '$namespace': run $(call_here scripts/deploy.sh) first"
  local name
  for name in frontend backend-v1 backend-v2 outsider unauthorized; do
    quietly -n "$namespace" get deployment "$name" >/dev/null ||
      fail "deployment $name is not in namespace $namespace: run $(call_here scripts/deploy.sh) first"
  done
}

# The project's files name the namespace meshwalk. For another one, its name is put in, and the host becomes its too, so
# that two copies do not take the gateway's requests from each other. `meshwalk run --namespace` does it by the same rules.
for_namespace() { awk -v namespace="$namespace" -f scripts/namespace.awk "$@"; }
apply() { on_files apply "$@"; }
remove() { on_files delete --ignore-not-found "$@"; }
on_files() {
  local verb=$1 flags=() file
  shift
  [[ $1 != --* ]] || { flags=("$1"); shift; }
  if [ "$namespace" = meshwalk ]; then
    local files=()
    for file; do files+=(-f "$file"); done
    kube "$verb" ${flags[@]+"${flags[@]}"} "${files[@]}"
  else
    local applied=("${kubectl[@]}" -n "$namespace" "$verb" ${flags[@]+"${flags[@]}"} -f -)
    printf '$%s |%s\n' "$(typed awk -v "namespace=$namespace" -f scripts/namespace.awk "$@")" "$(typed "${applied[@]}")" >&2
    for_namespace "$@" | "${applied[@]}"
  fi
}
