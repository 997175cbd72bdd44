#!/usr/bin/env bash
# Whether the local mesh does what a real Istio does, in four parts, one after the other:
#
#   admission       which resources are let in and which refused, by the API server and by the local mesh; stores nothing
#   labs            the labs on both, and their reports compared check by check (meshwalk compare)
#   behaviour       tests/conformance/cases on both: each against what Istio's documentation says, and against the other
#   configuration   what counts in the Envoys' configuration, for the same resources
#
#   scripts/conformance.sh [--context NAME] [--namespace NAME] [--gateway URL]
#     --only PART            one part only; repeatable
#     --local-report DIR     the labs' report from this machine is there already (scripts/walkthrough.sh writes one to
#                            target/walkthrough), so that they need not run again here
#     --cluster-report DIR   the same for the cluster
#     --mesh-wide            also the cases that change Istio's root namespace, whose policies every workload of the
#                            cluster feels for some seconds
#
# The labs run in the namespace of the workload (meshwalk, or --namespace), which scripts/deploy.sh has made; the other
# parts make namespaces of their own, conformance and conformance-other, and take them away. The images have to be on the
# cluster (scripts/build-images.sh --load …). Results are in target/conformance.
# Needs: Rust (cargo), Python 3 with pip, kubectl 1.31, a cluster with Istio. Takes three minutes, and some more where the
# labs have no report yet. Exit: 0 all agree, 1 something differs, 2 something could not be tried.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/cluster.sh

parts=()
local_report=
cluster_report=
mesh_wide=()
read_flags "$@"
set -- ${arguments[@]+"${arguments[@]}"}
while [ $# -gt 0 ]; do
  case $1 in
    --only | --local-report | --cluster-report)
      [ $# -ge 2 ] || fail "$1 needs a value; see $0 --help"
      case $1=$2 in
        --only=admission | --only=labs | --only=behaviour | --only=configuration) parts+=("$2") ;;
        --only=*) fail "--only: there is no part '$2'; see $0 --help" ;;
        --local-report=*) local_report=$2 ;;
        --cluster-report=*) cluster_report=$2 ;;
      esac
      shift
      ;;
    --mesh-wide) mesh_wide=(--mesh-wide) ;;
    *) fail "'$1' is not understood; see $0 --help" ;;
  esac
  shift
done
[ ${#parts[@]} -gt 0 ] || parts=(admission labs behaviour configuration)

require_cargo
require_cluster
require_istio
bin=$(target_directory)/debug
choose_features
run cargo build --locked --bins ${features[@]+"${features[@]}"}
out=target/conformance
status=0
# differs CMD...: what the command says about it, without an end to the script
differs() {
  local code=0
  run "$@" || code=$?
  [ "$code" -le "$status" ] || status=$code
}

for part in "${parts[@]}"; do
  say "$part"
  case $part in
    admission) differs "$bin/meshwalk-conformance" admission ${context:+--context "$context"} ;;
    labs)
      if [ -z "$local_report" ]; then
        local_report=$out/labs-local
        differs "$bin/meshwalk" run --report "$local_report"
      fi
      if [ -z "$cluster_report" ]; then
        cluster_report=$out/labs-cluster
        differs "$bin/meshwalk" run --on cluster --report "$cluster_report" "${ways[@]}"
      fi
      # Spans are read on a cluster only where there is a Jaeger.
      differs "$bin/meshwalk" compare --may-skip trace "$local_report" "$cluster_report"
      ;;
    behaviour)
      # In parallel: on a cluster, most of the time is spent waiting for effects.
      show "$bin/meshwalk-conformance" behaviour --report "$out/behaviour-local.json"
      mkdir -p "$out"
      "$bin/meshwalk-conformance" behaviour --report "$out/behaviour-local.json" 2>"$out/behaviour-local.log" &
      here=$!
      differs "$bin/meshwalk-conformance" behaviour --on cluster --report "$out/behaviour-cluster.json" \
        ${mesh_wide[@]+"${mesh_wide[@]}"} ${context:+--context "$context"}
      code=0
      wait "$here" || code=$?
      cat "$out/behaviour-local.log" >&2
      [ "$code" -le "$status" ] || status=$code
      differs "$bin/meshwalk-conformance" compare "$out/behaviour-local.json" "$out/behaviour-cluster.json"
      ;;
    configuration)
      differs "$bin/meshwalk-conformance" configuration --report "$out/configuration" ${context:+--context "$context"}
      ;;
  esac
done
[ "$status" = 0 ] || exit "$status"
say "the local mesh and Istio agree"
