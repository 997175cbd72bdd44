#!/usr/bin/env bash
# Runs the labs from inside of the cluster, as a Job with the rights of k8s/runner, and fetches its report.
#
#   scripts/runner.sh [LAB...] [--context NAME] [--namespace NAME]
#   scripts/runner.sh --gateway URL    the gateway as pods reach it (default: http://istio-ingressgateway.istio-system)
#   scripts/runner.sh --report DIR     where report.txt, .json and .html are (default: target/runner)
#   scripts/runner.sh --remove         take the Job, its account and its report away; an active run restores the state first
#
# Shows the Job's output while it runs, and ends with 0 if every check held. Ctrl-C leaves the Job running. The
# report stays in the cluster too:
#   kubectl -n meshwalk get configmap meshwalk-report -o jsonpath='{.data.report\.txt}'     (or report\.json, report\.html)
# Needs: kubectl 1.31, the workload (scripts/deploy.sh), the image (scripts/build-images.sh --runner --load …).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# An address from outside of the cluster is of no use in it.
MESHWALK_GATEWAY=
. scripts/cluster.sh

report=target/runner
remove=
labs=()
read_flags "$@"
set -- ${arguments[@]+"${arguments[@]}"}
while [ $# -gt 0 ]; do
  case $1 in
    --report) [ $# -ge 2 ] || fail "--report needs a folder"; report=$2; shift ;;
    --remove) remove=yes ;;
    -*) fail "'$1' is not understood; see $0 --help" ;;
    *) [[ $1 =~ ^[a-z0-9-]+$ ]] || fail "'$1' is not a valid lab name"; labs+=("$1") ;;
  esac
  shift
done
require_cluster

# An overlay of k8s/runner with the differences.
kustomization=k8s/runner
if [ "$namespace" != meshwalk ] || [ -n "$gateway" ] || [ ${#labs[@]} -gt 0 ]; then
  kustomization=target/runner-$namespace
  mkdir -p "$kustomization"
  {
    printf 'namespace: %s\nresources: [../../k8s/runner]\npatches:\n  - target: {kind: Job}\n    patch: |-\n' "$namespace"
    printf '      - {op: test, path: /spec/template/spec/containers/0/args/5, value: --gateway}\n'
    [ -z "$gateway" ] || printf '      - {op: replace, path: /spec/template/spec/containers/0/args/6, value: "%s"}\n' "$gateway"
    for lab in ${labs[@]+"${labs[@]}"}; do
      printf '      - {op: add, path: /spec/template/spec/containers/0/args/-, value: "%s"}\n' "$lab"
    done
  } >"$kustomization/kustomization.yaml"
fi

# In the foreground: a run that is still going restores what it found before it ends, and needs its rights for that.
end_job() { kube -n "$namespace" delete --ignore-not-found --cascade=foreground job/meshwalk-runner; }
if [ -n "$remove" ]; then
  end_job
  kube delete --ignore-not-found -k "$kustomization"
  exit
fi
quietly -n "$namespace" get deployment frontend >/dev/null ||
  fail "namespace $namespace has no deployment frontend: $(call_here scripts/deploy.sh) brings the workload"

say "the Job, with its account and the ConfigMap for its report"
end_job
kube apply -k "$kustomization"

job() { quietly -n "$namespace" get job meshwalk-runner -o "jsonpath=$1"; }
ended() { [ -n "$(job '{.status.conditions[?(@.status=="True")].type}')" ]; }
pods() { quietly -n "$namespace" get pods -l job-name=meshwalk-runner -o "jsonpath=$1"; }

# What runs in the cluster does not end with what shows it.
trap 'echo >&2; say "the Job continues; $(call_here scripts/runner.sh) --remove ends it, and it restores what it changed"; exit 130' INT

say "its output"
# There is none before the container runs; a pod that never comes to it says why.
for _ in $(seq 120); do
  case $(pods '{.items[*].status.phase}') in Running | Succeeded | Failed) break ;; esac
  why=$(pods '{.items[*].status.containerStatuses[*].state.waiting.reason}')
  case $why in *ImagePull* | *ErrImage*) fail "the image is not on the cluster ($why): scripts/build-images.sh --runner --load …" ;; esac
  ! ended || break
  sleep 1
done
kube -n "$namespace" logs --follow job/meshwalk-runner || true
# The end of a container is known to the Job a moment later.
for _ in $(seq 60); do
  ! ended || break
  sleep 1
done

say "its report: $report"
mkdir -p "$report"
for kind in txt json html; do
  show "${kubectl[@]}" -n "$namespace" get configmap meshwalk-report -o "jsonpath={.data.report\\.$kind}"
  quietly -n "$namespace" get configmap meshwalk-report -o "jsonpath={.data.report\\.$kind}" >"$report/report.$kind"
  [ -s "$report/report.$kind" ] || rm "$report/report.$kind"
done
say "outcome: $(quietly -n "$namespace" get configmap meshwalk-report -o 'jsonpath={.data.outcome}')"
case $(job '{.status.conditions[?(@.status=="True")].type}') in
  *Complete*) ;;
  *)
    kube -n "$namespace" get job,pods -l app.kubernetes.io/name=runner
    echo "the Job has failed: its output above says why" >&2
    exit 1
    ;;
esac
