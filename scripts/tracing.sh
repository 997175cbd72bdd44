#!/usr/bin/env bash
# Traces on a cluster: Jaeger, the mesh's spans and the workload's, every request traced.
#
#   scripts/tracing.sh [--context NAME] [--namespace NAME] [--gateway URL]
#   scripts/tracing.sh --provider    also tells Istio where Jaeger is, where its configuration does not say it yet
#   scripts/tracing.sh --remove      takes all of it away again; spans that are kept are lost. While a Telemetry of
#                                    another namespace names the provider, what it needs stays
#
# Makes the namespace meshwalk-observability with Jaeger in it, deploys the workload once more with spans of its own
# (k8s/overlays/with-tracing), and asks for traces of every request, of the namespace and of the ingress gateway: the
# latter by an object in istio-system, which concerns all of the gateway's hosts. With --provider it adds a tracing
# provider to the mesh configuration (ConfigMap istio in istio-system), which has no effect by itself. Says each command
# before it runs it. To be run as often as you like.
#
# Needs: kubectl 1.31, curl 7.76, a cluster with Istio (scripts/cluster-up.sh); the image of observability/jaeger.yaml.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/gateway.sh

provider=
remove=
read_flags "$@"
for argument in ${arguments[@]+"${arguments[@]}"}; do
  case $argument in
    --provider) provider=yes ;;
    --remove) remove=yes ;;
    *) fail "'$argument' is not understood; see $0 --help" ;;
  esac
done
require_curl
require_cluster
require_istio

mesh_configuration() { quietly -n istio-system get configmap istio -o jsonpath='{.data.mesh}'; }
has_provider() { mesh_configuration | grep '^ *- name: meshwalk-jaeger$' >/dev/null; }
# Writes the standard input into the mesh configuration; istiod takes it up without a restart.
write_configuration() {
  local file
  file=$(mktemp)
  cat >"$file.mesh"
  "${kubectl[@]}" -n istio-system create configmap istio --from-file=mesh="$file.mesh" --dry-run=client -o yaml >"$file"
  kube -n istio-system patch configmap istio --type merge --patch-file "$file"
  rm -f "$file" "$file.mesh"
}
block='- name: meshwalk-jaeger
  opentelemetry:
    service: jaeger.meshwalk-observability.svc.cluster.local
    port: 4317'

# The Telemetries that still ask for the provider, but for the gateway's: `NAMESPACE NAME` in each line.
users() {
  quietly get telemetries.telemetry.istio.io -A \
    -o 'jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name} {.spec.tracing[*].providers[*].name}{"\n"}{end}' |
    awk '$1 " " $2 == "istio-system meshwalk-traces" { next }
      { for (i = 3; i <= NF; i++) if ($i == "meshwalk-jaeger") { print $1, $2; next } }'
}
without_spans() {
  if quietly -n "$namespace" get deployment frontend >/dev/null; then
    run scripts/deploy.sh "${ways[@]}"
  fi
}

if [ -n "$remove" ]; then
  say "no more traces: namespace $namespace"
  remove observability/traces.yaml
  users=$(users)
  if [ -n "$users" ]; then
    without_spans
    say "Jaeger, the gateway's traces and the provider stay: these Telemetries (namespace, name) need them"
    echo "$users" >&2
    say "where that is a workload of Meshwalk's, '$0 --remove --namespace NAME' ends it; the last one takes all away"
    exit
  fi
  say "no longer needed: the gateway's traces, the provider in the mesh configuration, Jaeger"
  kube delete --ignore-not-found -f observability/traces-of-the-gateway.yaml
  if has_provider; then
    # The provider's lines, and the list's head where nothing else is in it.
    mesh_configuration | awk '
      /^ *- name: meshwalk-jaeger$/ { inside = 1; match($0, /^ */); depth = RLENGTH; next }
      inside { match($0, /^ */); if (RLENGTH > depth) next; inside = 0 }
      head != "" { if ($0 ~ /^ *- /) print head; head = "" }
      /^extensionProviders:$/ { head = $0; next }
      { print }' | write_configuration
  fi
  without_spans
  kube delete --ignore-not-found -f observability/jaeger.yaml
  exit
fi

say "Jaeger: namespace meshwalk-observability in $(context_name)"
kube apply -f observability/jaeger.yaml
kube -n meshwalk-observability rollout status deployment/jaeger --timeout=180s || {
  kube -n meshwalk-observability get pods
  fail "Jaeger did not come up; its image is $(sed -n 's/^ *image: //p' observability/jaeger.yaml)"
}

if ! has_provider; then
  if [ -z "$provider" ]; then
    fail "Istio does not know where Jaeger is. '$0 --provider' adds to the mesh configuration, or add it to your installation:
extensionProviders:
$block"
  fi
  say "the provider meshwalk-jaeger: a change of Istio's configuration, outside of the project's namespaces"
  # Lists are written with or without an indentation; an item has that of the others.
  mesh_configuration | block=$block awk '
    function items(indent) { text = ENVIRON["block"]; gsub(/\n/, "\n" indent, text); print indent text }
    inside { match($0, /^ */); items(/^ *- / ? substr($0, 1, RLENGTH) : ""); inside = 0; done = 1 }
    { print }
    /^extensionProviders:$/ { inside = 1 }
    END { if (inside) items(""); else if (!done) { print "extensionProviders:"; items("") } }' | write_configuration
fi

say "the workload, with spans of its own"
run scripts/deploy.sh --overlay k8s/overlays/with-tracing "${ways[@]}"

say "every request is traced: in namespace $namespace, and from the ingress gateway on (in istio-system)"
apply observability/traces.yaml
kube apply -f observability/traces-of-the-gateway.yaml
say "ready. To look: kubectl -n meshwalk-observability port-forward service/jaeger 16686, then http://localhost:16686"
