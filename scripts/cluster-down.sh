#!/usr/bin/env bash
# Takes the kind cluster of scripts/cluster-up.sh away, with everything in it.
#
#   scripts/cluster-down.sh [--name NAME]
#
# Only a kind cluster, and only the one of that name (meshwalk unless said otherwise). From a cluster that was there
# before, `scripts/deploy.sh --remove` takes the workload, and `istioctl uninstall --purge` Istio.
# Needs: kind. To be run as often as you like.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/cluster.sh

name=meshwalk
read_flags "$@"
[ -z "$context" ] || fail "--context is not for here: only a kind cluster is taken away, and --name names it"
set -- ${arguments[@]+"${arguments[@]}"}
if [ $# -gt 0 ]; then
  if [ "$1" = --name ] && [ $# = 1 ]; then fail "--name needs a value; see $0 --help"; fi
  if [ "$1" != --name ] || [ $# != 2 ]; then fail "'$1' is not understood; see $0 --help"; fi
  name=$2
fi
command -v kind >/dev/null || fail "kind is not on the PATH, so no cluster of its can be taken away"
if kind get clusters 2>/dev/null | grep -x "$name" >/dev/null; then
  run kind delete cluster --name "$name"
else
  say "there is no kind cluster $name"
fi
