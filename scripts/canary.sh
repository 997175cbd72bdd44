#!/usr/bin/env bash
# A canary on a cluster, step by step: testers first, then a growing share behind a gate, then a bad v2 and the way back.
#
#   scripts/canary.sh [--context NAME] [--namespace NAME] [--gateway URL]
#   scripts/canary.sh --step       waits for Enter before each step
#   scripts/canary.sh --check      ends with 1 if anything is not as it says
#
# Prints every command as you could type it; a port-forward stays open meanwhile, and tells the port that it was given.
# The last answers lie in target/answers-NAMESPACE. Takes about a minute; changes routes in the workload's namespace
# only, and restores what was there, also on Ctrl-C. Needs: kubectl 1.31, curl 7.76, a cluster with Istio and the
# workload (scripts/deploy.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/typed.sh

begin "$@"
keep_routes

step "All requests get v1"
apply istio/gateway/http.yaml istio/subsets.yaml istio/routes/all-to-v1.yaml
until_all gateway backend=v1
ask gateway 200
look "v2 runs, is ready and belongs to the same Service, and gets nothing: the route names the subset v1"
expect backend=v2 0
expect status=200 100

step "Only testers get v2"
apply istio/routes/v2-by-header.yaml
until_all gateway backend=v2 -H 'x-canary: true'
ask gateway 100 -H 'x-canary: true'
look "the frontend passes the header on, and its sidecar chooses by it"
expect backend=v2 100
ask gateway 100
look "without the header, nothing has changed"
expect backend=v1 100

# grow FILE SHARE: the next step of the canary, and back to v1 if the gate is breached.
grow() {
  apply "$1"
  until_share 400 "$2" gateway backend=v2
  ask gateway 400
  expect backend=v2 "$2"
  gate 99 || { apply istio/routes/all-to-v1.yaml; differs "a good v2 was rolled back"; }
}
step "Ten per cent"
grow istio/routes/90-10.yaml 10
step "Twenty-five per cent"
grow istio/routes/75-25.yaml 25
step "Fifty per cent"
grow istio/routes/50-50.yaml 50

step "All of it"
apply istio/routes/all-to-v2.yaml
until_all gateway backend=v2
ask gateway 200
expect backend=v2 100
gate 99 || differs "not all of the answers were 200"

step "A bad v2 breaches the gate at twenty-five per cent"
look "two of five answers of v2 become 500. The fault is the application's own, so the mesh sees a real failure"
set_fault 'error=500@40%;id=bad-v2' app=backend,version=v2
apply istio/routes/75-25.yaml
until_share 400 25 gateway backend=v2
ask gateway 400
expect backend=v2 25
expect status=500 10
if gate 97; then
  differs "the gate did not notice the bad v2"
else
  step "Rollback: one command"
  apply istio/routes/all-to-v1.yaml
fi
until_all gateway backend=v1
ask gateway 200
look "v2 is as bad as before, and no request reaches it"
expect backend=v1 100
expect status=200 100
