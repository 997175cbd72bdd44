#!/usr/bin/env bash
# Compares `meshwalk load` with other load generators (fortio, hey, wrk; those that are on the PATH) against one backend.
# All of them run one after the other, several times, and the medians and their ratios are printed.
#
#   scripts/bench-load.sh [RATE] [SECONDS] [ROUNDS]    default: 20000 requests per second, 5 seconds, 3 rounds
#
# The figures are of this machine at this moment; compare only those of one call. Latencies of `meshwalk load` count
# from when a request was due. Those of fortio and hey count from when it was sent, and leave out what a request waited
# for its turn. wrk has no rate: it shows what the backend can do with 16 connections.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/requirements.sh

rate=${1:-20000}
seconds=${2:-5}
rounds=${3:-3}
for number in "$rate" "$seconds" "$rounds"; do
  if ! [[ $number =~ ^[1-9][0-9]*$ ]]; then
    echo "bench-load: invalid number '$number': a whole number above 0 is needed; usage: scripts/bench-load.sh [RATE] [SECONDS] [ROUNDS]" >&2
    exit 2
  fi
done

require_cargo
# Optimised: the development profile would measure the compiler's settings.
cargo build --release --locked --quiet --package meshwalk --package backend
programs=$(target_directory)/release
port=${MESHWALK_BENCH_PORT:-18080}
folder=$(mktemp -d)
"$programs/backend" --release v1 --listen "127.0.0.1:$port" --admin-listen "unix:$folder/admin.sock" \
  --control-listen "unix:$folder/control.sock" >"$folder/log" 2>&1 &
backend=$!
trap 'kill "$backend" 2>/dev/null || true; wait "$backend" 2>/dev/null || true; rm -rf "$folder"' EXIT

url=http://127.0.0.1:$port/api/hello
for _ in $(seq 100); do
  if "$programs/meshwalk" load "$url" --requests 1 --timeout 1s --fail-on-error >/dev/null 2>&1; then
    # Another server may own the port; the backend has exited then, or is about to.
    sleep 0.2
    kill -0 "$backend" 2>/dev/null && ready=yes
    break
  fi
  kill -0 "$backend" 2>/dev/null || break
  sleep 0.1
done
if [[ -z ${ready:-} ]]; then
  if kill -0 "$backend" 2>/dev/null; then reason="does not answer"; else reason="has exited; is another server listening?"; fi
  echo "bench-load: backend on port $port (MESHWALK_BENCH_PORT sets another) $reason" >&2
  tail -5 "$folder/log" >&2
  exit 1
fi

connections=16
# run TOOL ARGUMENTS...: writes the tool's output to $folder/output, and its failure to $folder/failure.
run() {
  "$@" >"$folder/output" 2>"$folder/errors" || echo "$1 failed with exit code $?: $*" >"$folder/failure"
}
# Each function prints the rate in requests per second, and p50 and p99 in milliseconds.
run_meshwalk() {
  run "$programs/meshwalk" load "$url" --rate "$rate/s" --for "${seconds}s" --output prometheus
  awk '
    $1 == "meshwalk_load_achieved_requests_per_second" { rate = $2 }
    $1 == "meshwalk_load_latency_seconds{quantile=\"0.5\"}" { p50 = $2 * 1000 }
    $1 == "meshwalk_load_latency_seconds{quantile=\"0.99\"}" { p99 = $2 * 1000 }
    END { print rate, p50, p99 }' "$folder/output"
}
run_fortio() {
  # It writes its summary to standard error, its quantiles to standard output.
  run fortio load -loglevel error -qps "$rate" -c "$connections" -t "${seconds}s" -p 50,99 "$url"
  awk '
    /^# target 50%/ { p50 = $4 * 1000 }
    /^# target 99%/ { p99 = $4 * 1000 }
    /^All done/ { rate = $(NF - 1) }
    END { print rate, p50, p99 }' "$folder/output" "$folder/errors"
}
run_hey() {
  # Its rate is per worker.
  run hey -z "${seconds}s" -c "$connections" -q $(((rate + connections - 1) / connections)) "$url"
  awk '
    /Requests\/sec:/ { rate = $2 }
    /50%.* in/ { p50 = $3 * 1000 }
    /99%.* in/ { p99 = $3 * 1000 }
    END { print rate, p50, p99 }' "$folder/output"
}
run_wrk() {
  run wrk --latency -t1 -c"$connections" -d "${seconds}s" "$url"
  awk '
    function ms(text) { return text ~ /us$/ ? text / 1000 : text ~ /ms$/ ? text + 0 : text * 1000 }
    $1 == "50%" { p50 = ms($2) }
    $1 == "99%" { p99 = ms($2) }
    /^Requests\/sec:/ { rate = $2 }
    END { print rate, p50, p99 }' "$folder/output"
}

tools=(meshwalk)
for tool in fortio hey wrk; do
  if command -v "$tool" >/dev/null; then tools+=("$tool"); else echo "$tool is not on the PATH: skipped"; fi
done

TIMEFORMAT='%U %S'
for ((round = 1; round <= rounds; round++)); do
  for tool in "${tools[@]}"; do
    rm -f "$folder/failure"
    { time "run_$tool" >"$folder/figures"; } 2>"$folder/time"
    read -r used_rate p50 p99 <"$folder/figures"
    # The ratios below divide by each of them.
    awk -v rate="$used_rate" -v p50="$p50" -v p99="$p99" 'BEGIN { exit !(rate > 0 && p50 > 0 && p99 > 0) }' ||
      [[ -f $folder/failure ]] || echo "$tool printed no rate or latency" >"$folder/failure"
    if [[ -f $folder/failure ]]; then
      echo "bench-load: $(cat "$folder/failure"); its output:" >&2
      cat "$folder/output" "$folder/errors" >&2
      exit 1
    fi
    read -r user system <"$folder/time"
    echo "$tool $used_rate $p50 $p99 $user $system" >>"$folder/all"
    printf 'round %d  %-8s  %10s/s  p50 %7.3f ms  p99 %8.3f ms  processor %s s + %s s in the kernel\n' \
      "$round" "$tool" "$used_rate" "$p50" "$p99" "$user" "$system"
  done
done

# The median of a column of a tool's lines.
median() {
  awk -v tool="$1" -v column="$2" '$1 == tool { print $column }' "$folder/all" | sort -g |
    awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}
echo
echo "medians of $rounds rounds at $rate/s for $seconds s; RATIO is meshwalk's figure by that of the tool"
printf '%-8s  %10s  %11s  %9s  %9s  %9s  %9s\n' TOOL RATE "RATE ERROR" P50 RATIO P99 RATIO
own_p50=$(median meshwalk 3)
own_p99=$(median meshwalk 4)
for tool in "${tools[@]}"; do
  awk -v tool="$tool" -v planned="$rate" -v rate="$(median "$tool" 2)" -v p50="$(median "$tool" 3)" \
    -v p99="$(median "$tool" 4)" -v own_p50="$own_p50" -v own_p99="$own_p99" 'BEGIN {
      error = tool == "wrk" ? "-" : sprintf("%.2f %%", (rate / planned - 1) * 100)
      printf "%-8s  %8.1f/s  %11s  %6.3f ms  %9.2f  %6.3f ms  %9.2f\n", tool, rate, error, p50, own_p50 / p50, p99, own_p99 / p99
    }'
done
