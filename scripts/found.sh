# shellcheck shell=bash
# What the answers in the folder $answers show: a file for each body, and the file `times` with a line for each request
# (status, seconds). To be sourced by typed.sh.
# shellcheck disable=SC2154  # answers and wrong are typed.sh's

# found WHAT: how many answers show it.
#   backend=v2      the backend's release in the call tree       status=500   the status
#   upstream=403    the status that the client's call got        error=reset  how the client's call failed
#   peer=ACCOUNT    who the backend says called it (or none)     slower=4     took longer than 4 seconds
#   attempt=2       which try the backend's answer was
found() {
  local value=${1#*=}
  case $1 in
    status=*) awk -v status="$value" '$1 == status' "$answers/times" | wc -l | tr -d ' ' ;;
    slower=*) awk -v limit="$value" '$2 > limit' "$answers/times" | wc -l | tr -d ' ' ;;
    backend=*) bodies "\"service\":\"backend\",\"version\":\"$value\"" ;;
    upstream=*) bodies "\"name\":\"backend\",\"status\":$value," ;;
    error=*) bodies "\"error\":{\"kind\":\"$value\"" ;;
    peer=none) bodies '"service":"backend".*"peer":null' ;;
    peer=*) bodies "\"service\":\"backend\".*\"peer\":\"spiffe://cluster.local/ns/$namespace/sa/$value\"" ;;
    attempt=*) bodies "\"service\":\"backend\".*\"attempt\":$value," ;;
  esac
}
bodies() { { find "$answers" -type f ! -name times -exec grep -l -e "$1" {} + || true; } | wc -l | tr -d ' '; }
asked() { wc -l <"$answers/times" | tr -d ' '; }
in_words() {
  case $1 in
    status=*) echo "status ${1#*=}" ;;
    slower=*) echo "slower than ${1#*=} s" ;;
    backend=*) echo "answered by ${1#*=}" ;;
    upstream=*) echo "the call to the backend got ${1#*=}" ;;
    error=*) echo "the call to the backend failed: ${1#*=}" ;;
    peer=none) echo "the backend knows no caller" ;;
    peer=*) echo "the backend was called by account ${1#*=}" ;;
    attempt=*) echo "try ${1#*=}" ;;
  esac
}
summary() {
  awk '{ status[$1]++; time[NR] = $2; for (i = NR; i > 1 && time[i - 1] > time[i]; i--) { t = time[i]; time[i] = time[i - 1]; time[i - 1] = t } }
    END { line = "  " NR " answers; status"; for (s in status) line = line " " s ": " status[s]
      printf "%s; median %.3f s, p99 %.3f s", line, time[int((NR + 1) / 2)], time[int(NR * 0.99 + 0.5)] }' "$answers/times" >&2
  printf '; backend v1: %s, v2: %s\n' "$(found backend=v1)" "$(found backend=v2)" >&2
}

holds() { printf '  holds: %s\n' "$1" >&2; }
differs() {
  printf '  DIFFERS: %s\n' "$1" >&2
  wrong=$((wrong + 1))
}
# expect WHAT PER-CENT: the share of the answers that show it, by the test in share.awk.
expect() {
  local count of fits words
  count=$(found "$1")
  of=$(asked)
  words="$(in_words "$1"): $count of $of, asked for $2 %"
  if [ "$of" = 0 ]; then
    differs "$words: there was no answer at all"
  elif fits=$(awk -v n="$of" -v k="$count" -v p="$2" -f scripts/share.awk); then
    holds "$words (${fits/ / to } fit)"
  else
    differs "$words (${fits/ / to } fit)"
  fi
}
# gate PER-CENT: succeeds if at least this percentage of the answers is 200.
gate() {
  local count of
  count=$(found status=200)
  of=$(asked)
  if awk -v k="$count" -v n="$of" -v p="$1" 'BEGIN { exit !(n > 0 && 100 * k >= p * n) }'; then
    echo "  gate: $count of $of succeeded, at least $1 % are needed: go on" >&2
  else
    echo "  gate: $count of $of succeeded, at least $1 % are needed: BREACHED" >&2
    return 1
  fi
}
