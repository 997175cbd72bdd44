#!/usr/bin/env bash
# The walkthrough: runs the labs, each step checked against evidence, prints a table and leaves a report.
#
#   ./scripts/walkthrough.sh                   all labs, on this machine: builds the workload and the local mesh, fetches
#                                              Envoy, and stops everything at the end
#   ./scripts/walkthrough.sh --on cluster      all labs, on the cluster of the current context, after cluster-up.sh,
#                                              build-images.sh and deploy.sh; builds the command line only
#   ./scripts/walkthrough.sh canary            one lab
#   ./scripts/walkthrough.sh --step mutual-tls a classroom's pace: press Enter to continue
#
# Needs: Rust (cargo), and Python 3 with pip; with --on cluster, kubectl 1.31 in the place of Python. Every argument is
# passed to `meshwalk run`: `meshwalk help run` lists them (--context, --namespace, --gateway, --traces, …). The report is in
# target/walkthrough unless --report says otherwise. Exit: 0 every check held, 1 a check failed, 2 the lab or the
# configuration is wrong, or something is missing on the cluster.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/requirements.sh

on=local
report=(--report target/walkthrough)
before=
for argument in "$@"; do
  case $argument in -h | --help) usage; exit ;; esac
  case $before$argument in --on=cluster | --on\ cluster) on=cluster ;; esac
  case $argument in --report | --report=*) report=() ;; esac
  before=
  [ "$argument" != --on ] || before='--on '
done

require_cargo
if [ "$on" = cluster ]; then
  # What else has to be there, the program looks for itself, and says it.
  command -v kubectl >/dev/null || fail "kubectl is not on the PATH: https://kubernetes.io/docs/tasks/tools"
  say "building the command line"
  cargo build --locked --bin meshwalk
else
  require_pip
  say "building the workload and the local mesh"
  choose_features
  cargo build --locked --bins ${features[@]+"${features[@]}"}
fi
exec "$(target_directory)/debug/meshwalk" run ${report[@]+"${report[@]}"} "$@"
