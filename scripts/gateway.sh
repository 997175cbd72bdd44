# shellcheck shell=bash
# Ways into the cluster: the ingress gateway's address, and port-forwards. To be sourced from the
# project's root; brings cluster.sh with it.
. scripts/cluster.sh
forwards=()
forward_logs=

# forward NAMESPACE WHAT PORT: sets `forwarded` to the URL under which the port of a pod or service is reached.
forward() {
  [ -n "$forward_logs" ] || forward_logs=$(mktemp -d)
  # A file for each: in a common one, the port of the one before could still be read before this one begins to write.
  local log=$forward_logs/${#forwards[@]}
  : >"$log"
  show "${kubectl[@]}" -n "$1" port-forward "$2" ":$3"
  # In a process group of its own: Ctrl-C is meant for the script, which puts things back through its port-forwards.
  set -m
  "${kubectl[@]}" -n "$1" port-forward "$2" ":$3" </dev/null >"$log" 2>&1 &
  local pid=$! port=
  set +m
  forwards+=("$pid")
  for _ in $(seq 100); do
    port=$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\) .*/\1/p' "$log")
    [ -z "$port" ] || break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  [ -n "$port" ] || fail "the port-forward to $2 in namespace $1 does not come up: $(tail -n 1 "$log")"
  forwarded=http://127.0.0.1:$port
}
stop_forwards() {
  local pid
  for pid in ${forwards[@]+"${forwards[@]}"}; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  forwards=()
  [ -z "$forward_logs" ] || rm -rf "$forward_logs"
  forward_logs=
}

# Sets `gateway` to a URL that reaches the ingress gateway from here, unless --gateway or MESHWALK_GATEWAY did. In this
# order: a load balancer, the node port that scripts/cluster-up.sh opens, the service's own address (from within a
# cluster's network), a node's port, and a port-forward as the last resort. A route to `gateway_host` must be applied,
# since the gateway opens its port only then.
find_gateway() {
  if [ -n "$gateway" ]; then
    wait_for_gateway "$gateway" 30 || fail "$gateway does not answer as Istio's gateway; what --gateway names has to be reached from here"
    return
  fi
  local service=(-n "$gateway_namespace" get service istio-ingressgateway)
  quietly "${service[@]}" >/dev/null ||
    fail "there is no service istio-ingressgateway in namespace $gateway_namespace: install Istio with an ingress gateway, or name another way in by --gateway URL"
  local balancer cluster_ip node_port node
  balancer=$(quietly "${service[@]}" -o jsonpath='{.status.loadBalancer.ingress[0].ip}{.status.loadBalancer.ingress[0].hostname}')
  cluster_ip=$(quietly "${service[@]}" -o jsonpath='{.spec.clusterIP}')
  node_port=$(quietly "${service[@]}" -o jsonpath='{.spec.ports[?(@.port==80)].nodePort}')
  node=$(quietly get nodes -o jsonpath='{.items[0].status.addresses[?(@.type=="InternalIP")].address}')
  local candidate candidates=()
  [ -z "$balancer" ] || candidates+=("http://$balancer")
  [ "$node_port" != 30080 ] || candidates+=("http://127.0.0.1:8080")
  candidates+=("http://$cluster_ip")
  [ -z "$node_port" ] || candidates+=("http://$node:$node_port")
  for _ in 1 2 3 4 5; do
    for candidate in "${candidates[@]}"; do
      if wait_for_gateway "$candidate" 0; then
        gateway=$candidate
        echo "the gateway answers at $gateway (host $gateway_host)" >&2
        return
      fi
    done
    sleep 1
  done
  echo "the gateway has no address that this machine can reach (tried ${candidates[*]}), so a port-forward is used." >&2
  echo "It adds latency and ends with the gateway's pod; --gateway URL avoids it." >&2
  forward "$gateway_namespace" service/istio-ingressgateway 80
  gateway=$forwarded
  wait_for_gateway "$gateway" 30 || fail "the gateway does not answer at $gateway: is istio/gateway/http.yaml applied?"
}
wait_for_gateway() {
  local end=$((SECONDS + $2))
  while :; do
    grep -qi '^server: istio-envoy' <<<"$(curl -s -o /dev/null -D - --max-time 2 --noproxy '*' \
      -H "Host: $gateway_host" "$1/api/hello" 2>/dev/null || true)" && return
    [ $SECONDS -lt $end ] || return 1
    sleep 0.5
  done
}
