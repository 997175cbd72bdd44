# shellcheck shell=bash
# What there is on a cluster outside of the project's namespaces, to be compared before and after. To be sourced after
# cluster.sh.
# shellcheck disable=SC2154  # gateway_namespace is its

# inventory: a line for every object without a namespace and every one in Istio's: its kind, its name, and how often its
# specification has changed. Excludes what controllers, or other users, create and delete.
inventory() {
  local transient='^(events|leases|endpoints|endpointslices|componentstatuses|pods|replicasets|certificatesigningrequests|namespaces|nodes|csinodes|persistentvolumes|volumeattachments|ipaddresses)(\.|$)|metrics\.k8s\.io$'
  {
    objects_of "$(kinds_that_are false "$transient")"
    objects_of "$(kinds_that_are true "$transient")" -n "$gateway_namespace"
    # A newline at the end of a text does not change its content; awk ends every line.
    echo "configuration $(quietly -n "$gateway_namespace" get configmap istio -o jsonpath='{.data.mesh}' | awk 1 | cksum)"
    # An autoscaler changes a Deployment's specification.
  } | awk '{ print $1, $2, $1 == "Deployment" ? "" : $3 }' | sort
}
# An aggregated API that does not answer just now fails the listing of kinds, and the others are printed all the same.
kinds_that_are() { { quietly api-resources "--namespaced=$1" --verbs=list -o name || true; } | grep -vE "$2" | paste -s -d , -; }
objects_of() {
  local kinds=$1
  shift
  quietly "$@" get "$kinds" --no-headers -o custom-columns=KIND:.kind,NAME:.metadata.name,GENERATION:.metadata.generation || true
}
