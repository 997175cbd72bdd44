#!/usr/bin/env bash
# Compares the workload with bare programs of the same shape, side by side on one core, and prints ratios.
#
#   scripts/bench-services.sh                     everything below, 5 rounds of 3 s each
#   scripts/bench-services.sh --rounds N          another number of rounds
#   scripts/bench-services.sh --seconds N         another length of a round
#   scripts/bench-services.sh --only NAME         backend, layers, frontend, start or peers; repeatable
#
# The server runs on core 0, wrk with 32 connections on core 1. Each round runs all programs of a comparison one after
# the other, so that a change of the machine's speed meets all of them; the medians of the rounds are printed.
#   backend     the backend with everything on (metrics, request log to a file, 1 % of spans exported) and bare axum
#   layers      the backend with one part switched off at a time
#   frontend    the frontend with one upstream, and a bare hyper server and client; the upstream is bare axum on core 1
#   start       time from the start of the process until it is ready
#   peers       podinfo, fortio and go-httpbin, those that are on the PATH
# Memory is the largest resident set of the process. Needs: Rust (cargo), make, wrk, taskset, curl, Linux with two cores.
# Ends with 0 whatever the figures are: they are of this machine at this moment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/requirements.sh

rounds=5
seconds=3
only=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit ;;
    --rounds | --seconds | --only) [ $# -ge 2 ] || fail "$1 needs a value; see $0 --help" ;;
  esac
  case $1 in
    --rounds) rounds=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --only)
      case $2 in
        backend | layers | frontend | start | peers) only+=("$2") ;;
        *) fail "--only: '$2' is not one of backend, layers, frontend, start, peers" ;;
      esac
      shift
      ;;
    *) fail "'$1' is not understood; see $0 --help" ;;
  esac
  shift
done
for number in "$rounds" "$seconds"; do
  [[ $number =~ ^[1-9][0-9]{0,3}$ ]] || fail "'$number' is not a whole number from 1 to 9999; see $0 --help"
done
for tool in wrk taskset curl; do
  command -v $tool >/dev/null || fail "$tool is not on the PATH: install it from your system's packages"
done
[ "$(nproc)" -ge 2 ] || fail "two cores are needed: one for the server, one for wrk"
wanted() { [ ${#only[@]} = 0 ] || [[ " ${only[*]} " == *" $1 "* ]]; }

require_cargo
cargo build --locked --quiet --release --package frontend --package backend --package bare
programs=$(target_directory)/release
folder=$(mktemp -d)
port=${MESHWALK_BENCH_PORT:-18100}
url=http://127.0.0.1:$port/api/hello
pids=()
stop() {
  local pid
  for pid in ${pids[@]+"${pids[@]}"}; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
  pids=()
}
trap 'stop; rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start CORE PORT COMMAND...: starts a server on a core, and waits until it accepts connections; its id is in `pid`.
start() {
  local core=$1 at=$2
  shift 2
  taskset -c "$core" "$@" >"$folder/log" 2>"$folder/errors" &
  pid=$!
  pids+=("$pid")
  for _ in $(seq 200); do
    if curl -s -o "$folder/body" --max-time 2 "http://127.0.0.1:$at/"; then
      # Another server may own the port; this one has exited then, or is about to.
      sleep 0.1
      kill -0 "$pid" 2>/dev/null && return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  cat "$folder/errors" >&2
  kill -0 "$pid" 2>/dev/null || fail "$1 has exited; is another server listening on port $at? (MESHWALK_BENCH_PORT sets another)"
  fail "$1 does not answer on port $at (MESHWALK_BENCH_PORT sets another)"
}

# measure NAME URL: one round of wrk. It adds to $folder/rounds the line "NAME REQUESTS-PER-SECOND P99-MS RESIDENT-MB CPU-US-PER-REQUEST".
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
# run_wrk ARGUMENTS...: its output is in $folder/wrk, and is shown if it fails.
run_wrk() {
  taskset -c 1 wrk -t1 -c32 "$@" >"$folder/wrk" 2>&1 && return
  cat "$folder/wrk" >&2
  fail "wrk failed: wrk -t1 -c32 $*"
}
measure() {
  local before after
  run_wrk -d1s "$2"
  before=$(ticks "$pid")
  run_wrk -d"${seconds}s" --latency "$2"
  after=$(ticks "$pid")
  if grep -q 'Non-2xx\|Socket errors' "$folder/wrk"; then
    cat "$folder/wrk" >&2
    fail "$1 did not answer every request with 200"
  fi
  awk -v name="$1" -v cpu=$((after - before)) -v hz="$(getconf CLK_TCK)" -v \
    rss="$(awk '/^VmHWM/ { print $2 / 1024 }' "/proc/$pid/status")" '
    function ms(text) { return text ~ /us$/ ? text / 1000 : text ~ /ms$/ ? text + 0 : text * 1000 }
    $1 == "99%" { p99 = ms($2) }
    $2 == "requests" { requests = $1 }
    /^Requests\/sec/ { rate = $2 }
    END {
      if (!requests || rate < 1 || !p99) exit 1
      printf "%s %.0f %.3f %.1f %.2f\n", name, rate, p99, rss, cpu / hz * 1e6 / requests
    }' "$folder/wrk" >>"$folder/rounds" && return
  cat "$folder/wrk" >&2
  fail "wrk measured no request of $1"
}

# table BASE: the median of each program's rounds, and its ratio to BASE.
table() {
  awk -v base="$1" '
    function median(list, n, i, j, t) {
      for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
      return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    function of(name, field, i, list) { for (i = 1; i <= n[name]; i++) list[i] = value[name, field, i]; return median(list, n[name]) }
    { if (!n[$1]++) order[++names] = $1; for (f = 2; f <= 5; f++) value[$1, f, n[$1]] = $f }
    END {
      printf "| %-24s | %9s | %5s | %8s | %9s | %8s | %8s |\n", "program", "requests/s", "ratio", "p99 ms", "p99 ratio", "MB", "µs/request"
      print "|---|---|---|---|---|---|---|"
      for (i = 1; i <= names; i++) {
        name = order[i]
        printf "| %-24s | %9.0f | %5.2f | %8.2f | %9.2f | %8.1f | %8.2f |\n", name, of(name, 2), of(name, 2) / of(base, 2),
          of(name, 3), of(name, 3) / of(base, 3), of(name, 4), of(name, 5)
      }
    }' "$folder/rounds"
  rm "$folder/rounds"
}

side=(--admin-listen "unix:$folder/admin.sock" --control-listen "unix:$folder/control.sock" --drain-delay 0s)
tracing=(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:$((port + 1))" OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
  OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=0.01)
bare_backend() { start 0 "$port" "$programs/bare" backend "127.0.0.1:$port"; }
# backend NAME [VARIABLES...] -- [FLAGS...]
backend() {
  local variables=()
  while [ "$1" != -- ]; do variables+=("$1"); shift; done
  shift
  start 0 "$port" env ${variables[@]+"${variables[@]}"} "$programs/backend" --release v1 --listen "127.0.0.1:$port" "${side[@]}" "$@"
}
collector() { start 1 $((port + 1)) "$programs/bare" collector "127.0.0.1:$((port + 1))"; }
# round NAME COMMAND...: starts a server, measures it and stops it.
round() {
  local name=$1
  shift
  collector
  "$@"
  measure "$name" "$url"
  stop
}

if wanted backend; then
  say "the backend with everything on, and bare axum"
  for _ in $(seq "$rounds"); do
    round bare-axum bare_backend
    round backend backend "${tracing[@]}" --
  done
  table bare-axum
fi
if wanted layers; then
  say "what each part of the backend costs"
  for _ in $(seq "$rounds"); do
    round bare-axum bare_backend
    round everything backend "${tracing[@]}" --
    round without-log backend "${tracing[@]}" -- --log-filter off
    round without-spans backend --
    round neither backend -- --log-filter off
    # A rule for the path that does nothing for a day.
    round with-a-fault-rule backend "${tracing[@]}" -- --fault flap=24h/1s
  done
  table bare-axum
fi
if wanted frontend; then
  say "the frontend with one upstream, and a bare hyper server and client"
  upstream=$((port + 2))
  for _ in $(seq "$rounds"); do
    start 1 "$upstream" "$programs/bare" backend "127.0.0.1:$upstream"
    start 0 "$port" "$programs/bare" frontend "127.0.0.1:$port" "127.0.0.1:$upstream"
    measure bare-hyper "$url"
    stop
    collector
    start 1 "$upstream" "$programs/bare" backend "127.0.0.1:$upstream"
    start 0 "$port" env "${tracing[@]}" "$programs/frontend" --listen "127.0.0.1:$port" "${side[@]}" \
      --upstream "backend=http://127.0.0.1:$upstream"
    measure frontend "$url"
    stop
  done
  table bare-hyper
fi
if wanted start; then
  say "milliseconds from the start until ready"
  admin=127.0.0.1:$((port + 3))
  for _ in $(seq "$rounds"); do
    "$programs/bare" start "$admin" "$programs/backend" --listen "127.0.0.1:$port" --admin-listen "$admin" \
      --control-listen "unix:$folder/control.sock"
  done | sort -n | awk '{ value[NR] = $1 } END { printf "median %.1f, largest %.1f\n", value[int((NR + 1) / 2)], value[NR] }'
fi
if wanted peers; then
  say "peers, each at an endpoint that answers with a small JSON document or text"
  podinfo_peer() { start 0 "$port" podinfo --port "$port" --level error; }
  fortio_peer() { start 0 "$port" fortio server -http-port "127.0.0.1:$port" -grpc-port disabled -redirect-port disabled -tcp-port disabled -udp-port disabled -loglevel error; }
  httpbin_peer() { start 0 "$port" go-httpbin -host 127.0.0.1 -port "$port" -log-level ERROR; }
  for _ in $(seq "$rounds"); do
    round bare-axum bare_backend
    for peer in podinfo:/api/info fortio:/echo go-httpbin:/get; do
      command -v "${peer%%:*}" >/dev/null || continue
      name=${peer%%:*}
      "${name#go-}_peer"
      measure "$name" "http://127.0.0.1:$port${peer#*:}"
      stop
    done
  done
  table bare-axum
  for name in podinfo fortio go-httpbin; do
    command -v $name >/dev/null || echo "$name is not on the PATH: skipped" >&2
  done
fi
