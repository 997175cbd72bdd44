# shellcheck shell=bash
# What canary.sh, mtls.sh and faults.sh are made of: steps, requests, what to look at, and the proof of it. To be
# sourced from the project's root; brings gateway.sh with it.
. scripts/gateway.sh
. scripts/found.sh

check=
pace=
wrong=0
answers=
kept=
# Where requests go in: the gateway, or the pod of a client by a port-forward.
urls=()

# begin FLAGS...: reads the flags, looks whether all is there, and makes sure that the end puts everything back.
begin() {
  read_flags "$@"
  local argument
  for argument in ${arguments[@]+"${arguments[@]}"}; do
    case $argument in
      --check) check=yes ;;
      --step) pace=yes ;;
      *) fail "'$argument' is not understood; see $0 --help" ;;
    esac
  done
  require_curl
  require_cluster
  require_istio
  require_workload
  # It stays, so that the printed commands can still be typed, and the last answers be looked at.
  answers=target/answers-$namespace
  mkdir -p "$answers"
  kept=$(mktemp -d)
  trap 'end $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}
end() {
  trap '' INT TERM
  put_back || { echo "cannot restore everything; look at: $(typed_here get istio-io)" >&2; wrong=$((wrong + 1)); }
  stop_forwards
  rm -rf "$kept"
  if [ "$1" != 0 ]; then exit "$1"; fi
  if [ "$wrong" = 0 ]; then
    say "all of it was as it should be"
  else
    say "$wrong of it differed"
    [ -z "$check" ] || exit 1
  fi
}

step() {
  echo >&2
  say "$1"
  if [ -n "$pace" ]; then read -r -p "press Enter to continue " || exit 130; fi
}
# filtered FILTER COMMAND...: shows both as they can be typed, and what the filter leaves of the command's output.
filtered() {
  local filter=$1
  shift
  printf '$%s | %s\n' "$(typed "$@")" "$filter" >&2
  "$@" | bash -o pipefail -c "$filter" >&2
}
typed_here() { local words; words=$(typed "${kubectl[@]}" -n "$namespace" "$@"); echo "${words# }"; }
look() { printf '  look: %s\n' "$1" >&2; }

# ask FROM COUNT [CURL FLAGS...]: sends COUNT requests, twenty at a time; $answers holds the answers until the next call.
ask() {
  requests "$@"
  show "${request[@]}"
  send
  summary
}
requests() {
  local count=$2
  address_of "$1"
  shift 2
  request=(curl -sZ --parallel-immediate --parallel-max 20 --max-time 20 --noproxy '*' -H "Host: $gateway_host" "$@"
    -w '%{http_code} %{time_total}\n' -o "$answers/#1" "$address/api/hello?[1-$count]")
}
send() {
  rm -f "$answers"/*
  # Some versions show a progress meter in spite of -s. What failed has status 000.
  "${request[@]}" >"$answers/times" 2>/dev/null || true
}
# Sets `address` to the entrance for requests FROM a client.
address_of() {
  local known name
  for known in ${urls[@]+"${urls[@]}"}; do
    [ "${known%%=*}" != "$1" ] || { address=${known#*=}; return; }
  done
  if [ "$1" = gateway ]; then
    find_gateway
    address=$gateway
  else
    # Arrives on the pod's loopback, past its sidecar; what is looked at is the call that the pod makes from there.
    name=$(quietly -n "$namespace" get pods -l "app=$1" --field-selector=status.phase=Running -o name | sed -n 1p)
    [ -n "$name" ] || fail "no pod of $1 runs in namespace $namespace"
    forward "$namespace" "$name" 8080
    address=$forwarded
  fi
  urls+=("$1=$address")
}

# A change needs some time to reach all sidecars, and answers of the old configuration may come after the first new one.
# `until_share` waits until twice in a row the share among COUNT answers fits: one answer of v2 does not tell whether 25
# or 50 per cent are active. COUNT must be high enough that the share before the change does not fit. `until_all` waits
# until twice in a row twenty answers at once all show it: a sidecar serves one more request of the old configuration on
# each connection that is kept open, and one request at a time would not meet all of those.
until_all() { eventually 20 2 shows_all "$@"; }
# until_share COUNT PER-CENT FROM WHAT [CURL FLAGS...]
until_share() {
  local count=$1
  wanted_share=$2
  shift 2
  eventually "$count" 2 shows_share "$@"
}
shows_all() { [ "$(found "$1")" = "$count" ]; }
shows_share() { awk -v n="$count" -v k="$(found "$1")" -v p="$wanted_share" -f scripts/share.awk >/dev/null; }
# eventually COUNT TIMES CONDITION FROM WHAT [CURL FLAGS...]
eventually() {
  local count=$1 times=$2 condition=$3 from=$4 what=$5 row=0 end=$((SECONDS + 90))
  shift 5
  requests "$from" "$count" "$@"
  echo "  waiting for it: $(in_words "$what")" >&2
  while [ "$row" -lt "$times" ]; do
    if [ $SECONDS -ge $end ]; then
      differs "after 90 s it was not so: $(in_words "$what")"
      summary
      return
    fi
    send
    if "$condition" "$what"; then row=$((row + 1)); else row=0; fi
  done
}

# keep KIND NAME: remembers an object, or that there was none.
keep() { quietly -n "$namespace" get "$1" "$2" -o yaml --ignore-not-found >"$kept/$1@$2"; }
# Where requests go in, and to which version: what each of the typed walkthroughs changes.
keep_routes() {
  keep gateways.networking.istio.io meshwalk
  keep virtualservices.networking.istio.io frontend
  keep virtualservices.networking.istio.io backend
  keep destinationrules.networking.istio.io backend
}
put_back() {
  local file broken=
  clear_faults || broken=yes
  [ -z "$(ls "$kept")" ] || say "restoring what was there before"
  for file in "$kept"/*; do
    [ ! -e "$file" ] || put_back_one "$file" || broken=yes
  done
  [ -z "$broken" ]
}
put_back_one() {
  local name=${1##*@} kind=${1##*/} now
  kind=${kind%@*}
  now=$(quietly -n "$namespace" get "$kind" "$name" -o yaml --ignore-not-found) || return
  if [ "$now" = "$(cat "$1")" ]; then
    # A bare `return` in what a trap runs would give the status from before the trap.
    return 0
  elif [ ! -s "$1" ]; then
    kube -n "$namespace" delete "$kind" "$name"
  else
    # What only the server may write is left out, so that an object that changed meanwhile is replaced too.
    sed -i.bak -e '/^  resourceVersion:/d' -e '/^  uid:/d' -e '/^  creationTimestamp:/d' -e '/^  generation:/d' "$1"
    rm -f "$1.bak"
    if [ -n "$now" ]; then kube -n "$namespace" replace -f "$1"; else kube -n "$namespace" create -f "$1"; fi
  fi
}

# set_fault RULE LABELS: gives a fault to the application of each pod that has the labels, through its control port,
# which is open on the pod's loopback only.
controls=()
pods=()
set_fault() {
  local pod
  for pod in $(quietly -n "$namespace" get pods -l "$2" --field-selector=status.phase=Running -o name); do
    forward "$namespace" "$pod" 8082
    controls+=("$forwarded")
    pods+=("$pod")
    run curl -sS --fail-with-body --noproxy '*' --data "$1" "$forwarded/faults"
    echo
  done
}
clear_faults() {
  local control broken="" i=0
  for control in ${controls[@]+"${controls[@]}"}; do
    run curl -sS --noproxy '*' -X DELETE "$control/faults" || {
      broken=yes
      echo "the fault of ${pods[i]} may still be set: '$(typed_here port-forward "${pods[i]}" 8082)' and 'curl -X DELETE localhost:8082/faults' end it" >&2
    }
    echo
    i=$((i + 1))
  done
  controls=()
  pods=()
  [ -z "$broken" ]
}
