#!/usr/bin/env bash
# Sets `meshwalk load` beside other load generators (hey, wrk; those that are installed) against one backend, and prints
# what each sent, its latencies and the processor time that it took itself.
#
#   scripts/bench-load.sh [RATE] [SECONDS]    default: 400 requests per second for 10 seconds
#
# The figures are of this machine at this moment. hey and wrk send the next request when the last one is answered, so
# their latencies leave out what requests would have waited for; wrk has no rate and shows what the backend can do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/requirements.sh

rate=${1:-400}
seconds=${2:-10}
for number in "$rate" "$seconds"; do
  if ! [[ $number =~ ^[1-9][0-9]*$ ]]; then
    echo "bench-load: '$number' is no whole number above 0; usage: scripts/bench-load.sh [RATE] [SECONDS]" >&2
    exit 2
  fi
done

require_cargo
cargo build --locked --quiet --package meshwalk --package backend
programs=$(target_directory)/debug
port=${MESHWALK_BENCH_PORT:-18080}
folder=$(mktemp -d)
"$programs/backend" --release v1 --listen "127.0.0.1:$port" --admin-listen "unix:$folder/admin.sock" \
  --control-listen "unix:$folder/control.sock" >"$folder/log" 2>&1 &
backend=$!
trap 'kill "$backend" 2>/dev/null || true; wait "$backend" 2>/dev/null || true; rm -rf "$folder"' EXIT

url=http://127.0.0.1:$port/api/hello
for _ in $(seq 100); do
  "$programs/meshwalk" load "$url" --rate 1 --for 1ms --timeout 1s --fail-on-error >/dev/null 2>&1 && ready=yes && break
  kill -0 "$backend" 2>/dev/null || break
  sleep 0.1
done
if [[ -z ${ready:-} ]]; then
  echo "bench-load: the backend does not answer on port $port (MESHWALK_BENCH_PORT sets another):" >&2
  tail -5 "$folder/log" >&2
  exit 1
fi

TIMEFORMAT='processor time of the generator: %U s in its own code, %S s in the kernel'
measure() {
  echo "== $1"
  shift
  time "$@" 2>&1
  echo
}
measure "meshwalk load, kept connections" "$programs/meshwalk" load "$url" --rate "$rate/s" --for "${seconds}s"
measure "meshwalk load, a connection for each request" \
  "$programs/meshwalk" load "$url" --rate "$rate/s" --for "${seconds}s" --fresh
if command -v hey >/dev/null; then
  # Its rate is per worker.
  measure "hey, 10 workers" hey -z "${seconds}s" -c 10 -q $(((rate + 9) / 10)) "$url"
else
  echo "hey is not installed: skipped"
fi
if command -v wrk >/dev/null; then
  measure "wrk, 10 connections, as fast as it can" wrk --latency -t1 -c10 -d "${seconds}s" "$url"
else
  echo "wrk is not installed: skipped"
fi
