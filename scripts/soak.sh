#!/usr/bin/env bash
# A soak of the workload on a local mesh: load at half of the maximum, faults set and cleared, ten restarts under load.
#
#   scripts/soak.sh                    30 minutes
#   scripts/soak.sh --minutes N        another length, at least 2
#   scripts/soak.sh --restarts N       another number of restarts
#
# Half of each round is without faults: every request must succeed there, also while a Deployment restarts. In the other
# half the frontend answers 5 % of the requests with an injected 503 and the backend delays 10 % of its answers by 20 ms:
# the share must fit, and no request may fail otherwise. The resident memory of each application is read after each
# round; backend-v2 is never restarted, so that its memory shows a leak.
# Needs: Rust (cargo), make, Python 3, Linux. Ends with 1 if a request was lost, an error was not injected, or the memory of
# backend-v2 grew by more than a fifth between the first and the last third.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/requirements.sh

minutes=30
restarts=10
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit ;;
    --minutes | --restarts) [ $# -ge 2 ] || fail "$1 needs a value; see $0 --help" ;;
    *) fail "'$1' is not understood; see $0 --help" ;;
  esac
  [[ $2 =~ ^[1-9][0-9]{0,3}$ ]] || fail "$1: '$2' is not a whole number from 1 to 9999"
  case $1 in
    --minutes) minutes=$2 ;;
    --restarts) restarts=$2 ;;
  esac
  shift 2
done
[ "$minutes" -ge 2 ] || fail "--minutes: at least 2 are needed"

require_cargo
command -v python3 >/dev/null || fail "python3 is not on the PATH"
cargo build --locked --quiet --release --bin meshwalk --bin frontend --bin backend
mesh=soak-$$
meshwalk=$(target_directory)/release/meshwalk
folder=$(mktemp -d)
port=${MESHWALK_SOAK_PORT:-18200}
up=
end() {
  [ -z "$up" ] || { "$meshwalk" down --name "$mesh" >/dev/null || true; wait "$up" || true; }
  rm -rf "$folder"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$meshwalk" up --name "$mesh" --port "$port" >"$folder/up" 2>&1 &
up=$!
for _ in $(seq 120); do
  kill -0 "$up" 2>/dev/null || fail "the mesh did not come up: $(tail -n 3 "$folder/up")"
  ! "$meshwalk" status --name "$mesh" >/dev/null 2>&1 || break
  sleep 0.5
done

url=http://127.0.0.1:$port/api/hello
# figure NAME: a figure of the last load, by its key in the JSON.
figure() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$folder/load" "$1"; }
# load FLAGS...: the figures go to a file; what did not hold, to standard error.
load() { "$meshwalk" load "$url" --host meshwalk.localhost "$@" --json >"$folder/load"; }
# fault SERVICE RULE, and fault SERVICE --clear
fault() { "$meshwalk" fault "$@" --name "$mesh" >/dev/null; }
memory() { # ROUND: a line of round, instance and resident kilobytes for each application
  "$meshwalk" status --name "$mesh" --json | python3 -c '
import json, re, sys
for instance in json.load(sys.stdin)["instances"]:
    if instance["pid"]:
        status = open("/proc/%d/status" % instance["pid"]).read()
        print(sys.argv[1], instance["name"], re.search(r"VmRSS:\s+(\d+)", status)[1])' "$1" >>"$folder/memory"
}

load -r 50000 -d 5s -c 64
maximum=$(figure achieved_rate)
rate=$(python3 -c 'import sys; print(int(float(sys.argv[1]) / 2))' "$maximum")
rounds=$((minutes * 2))
printf 'at most %.0f requests/s; %d rounds of 30 s at %d/s, %d restarts\n' "$maximum" "$rounds" "$rate" "$restarts"

wrong=0 sent=0 restarted=0
count() { sent=$((sent + $(figure requests))); }
for round in $(seq "$rounds"); do
  restart=
  if [ "$restarted" -lt "$restarts" ] && [ $((restarted * rounds)) -le $(((round - 1) * restarts)) ]; then
    deployment=frontend
    [ $((restarted % 2)) = 0 ] || deployment=backend-v1
    restarted=$((restarted + 1))
    { sleep 5; "$meshwalk" restart "$deployment" --name "$mesh" >/dev/null; } &
    restart=$!
  fi
  load -r "$rate/s" -d 15s --expect 'success 100%' || { wrong=$((wrong + 1)); echo "round $round: a request without a fault failed" >&2; }
  count
  [ -z "$restart" ] || wait "$restart" || { wrong=$((wrong + 1)); echo "round $round: the restart of $deployment failed" >&2; }
  fault frontend 'error=503@5%;id=soak-error'
  fault backend 'latency=20ms@10%;id=soak-latency'
  load -r "$rate/s" -d 15s --expect 'failures none' --expect 'status 200: 95%, 503: 5%' ||
    { wrong=$((wrong + 1)); echo "round $round: an error was not injected, or the share does not fit" >&2; }
  count
  fault frontend --clear
  fault backend --clear
  memory "$round"
done

echo "$sent requests, $restarted restarts, $wrong rounds with a difference"
python3 - "$folder/memory" <<'PYTHON'
import collections
import statistics
import sys

readings = collections.defaultdict(list)
for line in open(sys.argv[1]):
    round_number, name, kilobytes = line.split()
    readings[name].append(int(kilobytes) / 1000)
grown = False
print("resident memory in MB: instance, rounds, first third, last third (medians), maximum")
for name, values in sorted(readings.items()):
    third = max(1, len(values) // 3)
    first, last = statistics.median(values[:third]), statistics.median(values[-third:])
    print(f"{name:20} {len(values):4} {first:7.1f} {last:7.1f} {max(values):7.1f}")
    grown |= name.startswith("backend-v2") and last > 1.2 * first
if grown:
    sys.exit("the memory of backend-v2 grew by more than a fifth")
PYTHON
[ "$wrong" = 0 ]
