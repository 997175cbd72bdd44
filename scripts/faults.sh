#!/usr/bin/env bash
# Faults on a cluster, step by step: delays and aborts by the mesh, what its timeouts and retries do about them (nothing,
# on the same route), and a fault of the application that retries do save.
#
#   scripts/faults.sh [--context NAME] [--namespace NAME] [--gateway URL]
#   scripts/faults.sh --step       waits for Enter before each step
#   scripts/faults.sh --check      ends with 1 if anything is not as it says
#
# Prints every command as you could type it; a port-forward stays open meanwhile, and tells the port that it was given.
# The last answers lie in target/answers-NAMESPACE. Takes three minutes; changes routes in the workload's namespace only,
# and restores what was there, also on Ctrl-C. Needs: kubectl 1.31, curl 7.76, a cluster with Istio and the workload
# (scripts/deploy.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/typed.sh

begin "$@"
keep_routes

step "Before any fault"
apply istio/gateway/http.yaml istio/subsets.yaml istio/routes/all-to-v1.yaml
until_all gateway backend=v1
ask gateway 100
expect status=200 100

step "The mesh delays half of the calls by five seconds"
apply istio/faults/delay-half.yaml
until_share 30 50 gateway slower=4
ask gateway 100
look "half of them; the answers are still 200"
expect slower=4 50
expect status=200 100

step "The mesh delays one user only"
apply istio/faults/delay-alice.yaml
until_all gateway slower=0.9 -H 'x-user: alice'
ask gateway 40 -H 'x-user: alice'
expect slower=0.9 100
ask gateway 40 -H 'x-user: bob'
expect slower=0.9 0

step "The mesh aborts a tenth of the calls"
apply istio/faults/abort-tenth.yaml
until_share 400 10 gateway status=500
ask gateway 400
look "the frontend's sidecar answers; the backend never sees those calls. Its access log says FI, fault injected:"
expect status=500 10
filtered "grep -F ' FI ' | tail -n 2" "${kubectl[@]}" -n "$namespace" logs deploy/frontend -c istio-proxy --since=30s ||
  echo "  (the access log is off in this mesh: meshConfig.accessLogFile)" >&2

step "A timeout one hop earlier bounds the delay"
apply istio/gateway/timeout-500ms.yaml istio/faults/delay-half.yaml
until_share 40 50 gateway status=504
ask gateway 100
look "the gateway's clock runs while the frontend waits: half of the answers are its 504"
expect status=504 50

step "The same route's timeout does not"
apply istio/gateway/http.yaml istio/faults/delay-despite-timeout.yaml
until_all gateway slower=0.9
ask gateway 40
look "a delay of 1 s on a route with a timeout of 300 ms: Envoy injects before its router, and the timeout is the router's"
expect slower=0.9 100
expect status=200 100

step "The same route's retries do not help against the abort"
apply istio/faults/abort-despite-retries.yaml
until_all gateway status=500
ask gateway 40
expect status=500 100

step "A fault of the application, without retries"
apply istio/routes/all-to-v1.yaml
until_all gateway status=200
set_fault 'error=503@30%;id=flaky' app=backend,version=v1
ask gateway 400
look "three of ten fail in the backend itself, and every failure reaches the client"
expect status=503 30

step "Retries save what can be saved"
apply istio/resilience/retries.yaml
until_share 400 2.7 gateway status=503
ask gateway 400
look "two more tries: 0.3 × 0.3 × 0.3 = 2.7 % still fail, and the backend gets 1.39 calls for each request"
expect status=503 2.7
expect attempt=2 21
expect attempt=3 9
