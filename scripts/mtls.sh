#!/usr/bin/env bash
# Mutual TLS on a cluster, step by step: plaintext allowed, plaintext refused, and then who may call whom.
#
#   scripts/mtls.sh [--context NAME] [--namespace NAME] [--gateway URL]
#   scripts/mtls.sh --step       waits for Enter before each step
#   scripts/mtls.sh --check      ends with 1 if anything is not as it says
#
# Prints every command as you could type it; a port-forward stays open meanwhile, and tells the port that it was given.
# The last answers lie in target/answers-NAMESPACE. Takes about a minute; changes policies in the workload's namespace
# only, and restores what was there, also on Ctrl-C. Needs: kubectl 1.31, curl 7.76, a cluster with Istio and the
# workload (scripts/deploy.sh). The outsider (no sidecar) and the unauthorized client (another account) are reached by
# port-forward, and asked to call the backend.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/typed.sh

begin "$@"
keep_routes
keep peerauthentications.security.istio.io default
for policy in backend default-deny frontend-from-ingress backend-from-frontend; do
  keep authorizationpolicies.security.istio.io "$policy"
done

step "PERMISSIVE: plaintext is let in, and mutual TLS too"
apply istio/gateway/http.yaml istio/subsets.yaml istio/routes/all-to-v1.yaml istio/security/permissive.yaml
remove istio/security/only-frontend-to-backend.yaml istio/security/default-deny.yaml \
  istio/security/allow-ingress-to-frontend.yaml istio/security/allow-frontend-to-backend.yaml
until_all outsider status=200
ask outsider 20
look "the outsider has no sidecar. It gets its answer, and the backend knows no caller: \"peer\":null"
expect status=200 100
expect peer=none 100
until_all gateway status=200
ask gateway 20
look "the frontend's sidecar speaks mutual TLS by itself, and the backend knows the frontend by its account"
expect peer=frontend 100

step "The certificate behind that name"
filtered "grep -E '\"(uri|days_until_expiration|expiration_time)\"' | sort -u" \
  "${kubectl[@]}" -n "$namespace" exec deploy/frontend -c istio-proxy -- pilot-agent request GET certs ||
  differs "the sidecar shows no certificate"
look "a SPIFFE name made of namespace and account, valid for a day and renewed before it ends"

step "STRICT: who cannot prove who they are has no connection"
apply istio/security/strict.yaml
until_all outsider error=reset
ask outsider 20
look "no 403, no answer at all: the connection is closed. The 502 is the outsider's own word for it"
expect status=502 100
expect error=reset 100
ask gateway 20
look "clients with an identity did not notice; nor did the probes, which bypass the rule"
expect status=200 100
kube -n "$namespace" get pods

step "Only the frontend's account may call the backend"
apply istio/security/only-frontend-to-backend.yaml
until_all unauthorized upstream=403
ask unauthorized 20
look "the unauthorized client proves who it is, and is refused for it: 403 from the backend's sidecar"
expect upstream=403 100
ask gateway 20
expect status=200 100

step "Default deny: nothing is allowed that is not allowed by name"
remove istio/security/only-frontend-to-backend.yaml
apply istio/security/default-deny.yaml
until_all gateway status=403
ask gateway 20
expect status=403 100

step "Allowed by name: the gateway to the frontend, the frontend to the backend"
apply istio/security/allow-ingress-to-frontend.yaml istio/security/allow-frontend-to-backend.yaml
until_all gateway status=200
ask gateway 20
expect status=200 100
until_all unauthorized upstream=403
ask unauthorized 20
look "and no other caller"
expect upstream=403 100
