#!/usr/bin/env bash
# Tests of the scripts that need no cluster: what they refuse, and, against stand-ins of kind, kubectl and istioctl, the
# commands that they run and their order. The stand-ins show that the scripts say what they mean to; that a real kind takes
# it, they do not show.
#
#   tests/scripts.sh        needs bash, sed, awk, curl
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. versions.env

failed=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/archives"
calls=$folder/calls
export calls

stand_in() { # NAME BODY: a program that notes how it was called
  # shellcheck disable=SC2016  # for the program, not for here
  printf '#!/usr/bin/env bash\necho "%s $*" >>"$calls"\n%s\n' "$1" "$2" >"$folder/bin/$1"
  chmod +x "$folder/bin/$1"
}
stand_in kind "case \$1 in version) echo 'kind v$KIND_LEAST_VERSION go1.24 linux/amd64' ;; get) cat $folder/clusters 2>/dev/null ;; create) echo meshwalk >$folder/clusters ;; delete) rm $folder/clusters ;; esac"
stand_in docker "case \$1 in --version) echo 'Docker version $DOCKER_LEAST_VERSION, build 1' ;; save) : >\"\$3\" ;; image) echo [MESHWALK_RELEASE=\${5##*:}] ;; esac"
stand_in istioctl "case \$1 in version) echo 'client version: $ISTIO_VERSION' ;; install) touch $folder/istio ;; esac"
stand_in kubectl "
case \$* in
  *'get deployment istiod-'*) [ -e $folder/istio ] ;;
  *version*--client*) echo 'Client Version: v$KUBECTL_LEAST_VERSION' ;;
  *version*) echo 'Server Version: v$KUBERNETES_VERSION' ;;
  *'app=istiod -o name'*) [ ! -e $folder/istio ] || echo deployment/istiod ;;
  *'app=istiod'*metadata.namespace*) echo istio-system/istiod ;;
  *'app=istiod'*image*) echo docker.io/istio/pilot:$ISTIO_VERSION ;;
  *configmap*) echo 'accessLogFile: /dev/stdout' ;;
esac"

with_stand_ins() { PATH=$folder/bin:$PATH "$@" >"$folder/out" 2>&1; }
check() { # TITLE COMMAND...
  local title=$1
  shift
  if "$@"; then echo "ok      $title"; else
    echo "FAILED  $title"
    sed 's/^/        /' "$folder/out" "$calls" 2>/dev/null || true
    failed=$((failed + 1))
  fi
}
called() { grep -qxF -e "$1" "$calls"; }
never_called() { ! grep -q -e "$1" "$calls"; }
in_this_order() { # PATTERN...: each is called, one after the other
  local from=1 line pattern
  for pattern; do
    line=$(tail -n "+$from" "$calls" | grep -n -e "$pattern" | sed -n "1s/:.*//p")
    [ -n "$line" ] || { echo "no call, or not in this order: $pattern" >>"$folder/out"; return 1; }
    from=$((from + line))
  done
}
says() { grep -qF -e "$1" "$folder/out"; }
fresh() { : >"$calls"; }
refuses() { # WORDS COMMAND...: ends with 2, and says it
  local words=$1 code=0
  fresh
  shift
  with_stand_ins "$@" || code=$?
  [ "$code" = 2 ] && says "$words"
}

fresh
with_stand_ins scripts/cluster-up.sh || true
check "cluster-up starts kind, then installs Istio, then waits for it" in_this_order \
  "^kind create cluster --name meshwalk --image $KIND_NODE_IMAGE --config k8s/kind/cluster.yaml" \
  "^istioctl install --skip-confirmation -f istio/install/default.yaml -f istio/install/node-port.yaml --context kind-meshwalk" \
  "^kubectl --context kind-meshwalk -n istio-system rollout status deployment/istiod" \
  "rollout status deployment/istio-ingressgateway"
fresh
with_stand_ins scripts/cluster-up.sh || true
check "cluster-up leaves a cluster that is there as it is" never_called '^kind create\|^istioctl install'
fresh
with_stand_ins scripts/cluster-up.sh --current || true
check "cluster-up --current makes no cluster" never_called '^kind'
rm -f "$folder/istio"
check "cluster-up --current installs nothing unasked" refuses "has no Istio" scripts/cluster-up.sh --current
fresh
with_stand_ins scripts/cluster-up.sh --current --install --profile demo --revision 1-31-0 --context mine || true
check "cluster-up installs a profile under a revision if it is given" called \
  "istioctl install --skip-confirmation -f istio/install/demo.yaml --revision 1-31-0 --context mine"
check "cluster-up refuses a profile that is not there" refuses "there is no istio/install/nope.yaml" scripts/cluster-up.sh --profile nope
fresh
with_stand_ins scripts/cluster-down.sh || true
check "cluster-down takes the kind cluster away" called "kind delete cluster --name meshwalk"
fresh
with_stand_ins scripts/cluster-down.sh || true
check "cluster-down does nothing where there is none" never_called '^kind delete'

stand_in kind "echo 'kind v0.11.1 go1.16 linux/amd64'"
check "cluster-up says that kind is too old, and which it needs" refuses "has to be $KIND_LEAST_VERSION or newer" scripts/cluster-up.sh
stand_in istioctl "echo 'client version: 1.20.0'"
rm -f "$folder/istio"
check "cluster-up refuses an istioctl of another version" refuses "istioctl is 1.20.0" scripts/cluster-up.sh --current --install

for program in frontend backend meshwalk; do cp "$folder/bin/docker" "$folder/archives/$program"; done
fresh
with_stand_ins scripts/build-images.sh --binaries "$folder/archives" --load kind=other --load push=registry.example/team || true
check "build-images gives v1 and v2 of the backend images of their own" in_this_order \
  'RELEASE=v1 --target backend --tag docker.io/meshwalk/backend:v1 ' 'RELEASE=v2 --target backend --tag docker.io/meshwalk/backend:v2 '
check "build-images loads into the kind cluster that is named" in_this_order '^kind load image-archive .*/frontend-v1.tar --name other'
check "build-images pushes under the registry's name" called "docker push registry.example/team/meshwalk/backend:v2"
check "build-images refuses a way to load that it does not know" refuses "is none of kind" scripts/build-images.sh --load teleport
for tool in k3d minikube ctr; do stand_in "$tool" :; done
fresh
with_stand_ins scripts/build-images.sh --binaries "$folder/archives" --load k3d=other --load minikube --load ctr \
  --load "archive=$folder/saved" || true
check "build-images loads into k3d, minikube and containerd, each as it wants to be told" in_this_order \
  '^k3d image import .*/backend-v2.tar --cluster other$' '^minikube image load .*/backend-v2.tar --profile minikube$' \
  '^ctr --namespace k8s.io images import .*/backend-v2.tar$'
archives() { [ -e "$folder/saved/frontend-v1.tar" ] && [ -e "$folder/saved/backend-v2.tar" ]; }
check "build-images leaves an archive for each tag" archives
rm "$folder/bin/ctr"
if command -v ctr >/dev/null; then echo "skipped build-images says which tool it lacks: this machine has ctr"; else
  check "build-images says which tool it lacks, before it builds" refuses "--load ctr needs ctr on the PATH" scripts/build-images.sh --load ctr
fi
fresh
with_stand_ins scripts/build-images.sh --binaries "$folder/archives" --kubectl "$folder/bin/k3d" || true
check "build-images puts the kubectl that it is given into the runner" in_this_order \
  '^docker build .*--build-context kubectl=.*--target runner --tag docker.io/meshwalk/runner:v1 '
stand_in podman "case \$1 in --version) echo 'podman version $PODMAN_LEAST_VERSION' ;; save) : >\"\$6\" ;; image) echo [MESHWALK_RELEASE=\${5##*:}] ;; esac"
stand_in buildah "case \$1 in --version) echo 'buildah version $BUILDAH_LEAST_VERSION' ;; push) file=\${4#docker-archive:}; : >\"\${file%%:*}\" ;; inspect) echo [MESHWALK_RELEASE=\${6##*:}] ;; esac"
fresh
with_stand_ins scripts/build-images.sh --binaries "$folder/archives" --engine podman || true
check "build-images builds and saves with podman" in_this_order '^podman build .*--target backend' '^podman save --quiet --format docker-archive .*backend-v2.tar'
fresh
with_stand_ins scripts/build-images.sh --binaries "$folder/archives" --engine buildah || true
check "build-images builds and saves with buildah" in_this_order '^buildah bud --isolation chroot .*--target backend' '^buildah push --quiet docker.io/meshwalk/backend:v2 docker-archive:'
check "deploy refuses a namespace that can be none" refuses "is not a valid namespace name" scripts/deploy.sh --namespace Nope_
check "deploy takes no namespace away that is not its own" refuses "is not Meshwalk's" scripts/deploy.sh --namespace shop --remove
check "deploy deletes nothing there" never_called '^kubectl delete'
check "an unknown flag is refused" refuses "is not understood" scripts/canary.sh --fast

# Ctrl-C reaches the terminal's process group; the port-forwards have to outlive it until faults are removed.
stand_in kubectl "case \$* in *port-forward*) echo 'Forwarding from 127.0.0.1:9 -> 8082'; exec sleep 60 ;; esac"
# shellcheck disable=SC2016  # for the shell that is started
own_group() {
  with_stand_ins bash -c '. scripts/gateway.sh; forward here pod/one 8082; kill -0 -- "-${forwards[0]}"; own=$?; stop_forwards; exit $own'
}
check "a port-forward does not end by a Ctrl-C that is meant for the script" own_group
stand_in kubectl "case \$* in *pod/one*) for _ in 1 2; do echo 'Forwarding from 127.0.0.1:1 -> 8082'; sleep 0.4; done ;; *pod/two*) sleep 1; echo 'Forwarding from 127.0.0.1:2 -> 8082' ;; esac; exec sleep 60"
two_ports() {
  # shellcheck disable=SC2016  # for the shell that is started
  with_stand_ins bash -c '. scripts/gateway.sh; forward here pod/one 8082; forward here pod/two 8082; stop_forwards; [ "$forwarded" = http://127.0.0.1:2 ]'
}
check "a port-forward that is slow to come up is not taken for the one before" two_ports

# What tracing.sh makes of a mesh configuration: a provider besides the existing ones, with their indentation.
stand_in kubectl "
case \$* in
  *version*--client*) echo 'Client Version: v$KUBECTL_LEAST_VERSION' ;;
  *version*) echo 'Server Version: v$KUBERNETES_VERSION' ;;
  *'get configmap istio'*) cat $folder/mesh ;;
  *'get telemetries'*) cat $folder/telemetries ;;
  *'app=istiod'*) echo 1 ;;
  *'create configmap'*) for word; do case \$word in --from-file=mesh=*) cat \"\${word#*=*=}\" ;; esac; done ;;
  *'patch configmap istio'*) for word; do [ ! -f \"\$word\" ] || cp \"\$word\" $folder/mesh; done ;;
  *'get deployment frontend'*) exit 1 ;;
  *'get namespace'*) exit 1 ;;
  *'apply -k'*) exit 1 ;;
esac"
printf 'istio-system meshwalk-traces meshwalk-jaeger\nshop traces zipkin\n' >"$folder/telemetries"
configured() { # TITLE BEFORE AFTER: by --provider, and back again by --remove
  printf '%s\n' "$2" >"$folder/mesh"
  printf '%s\n' "$3" >"$folder/wanted"
  cp "$folder/mesh" "$folder/before"
  fresh
  with_stand_ins scripts/tracing.sh --provider || true
  check "$1" cmp "$folder/mesh" "$folder/wanted"
  with_stand_ins scripts/tracing.sh --remove || true
  check "$1, and is taken out again" cmp "$folder/mesh" "$folder/before"
}
provider() { printf '%s- name: meshwalk-jaeger\n%s  opentelemetry:\n%s    service: jaeger.meshwalk-observability.svc.cluster.local\n%s    port: 4317' "$1" "$1" "$1" "$1"; }
configured "tracing adds its provider to a configuration without any" "accessLogFile: /dev/stdout" \
  "accessLogFile: /dev/stdout
extensionProviders:
$(provider '')"
configured "tracing adds its provider to a list, indented as the list is" "extensionProviders:
  - name: other
    zipkin:
      port: 9411
rootNamespace: istio-system" "extensionProviders:
$(provider '  ')
  - name: other
    zipkin:
      port: 9411
rootNamespace: istio-system"
provider '' >"$folder/mesh"
fresh
with_stand_ins scripts/tracing.sh --remove || true
check "tracing removes Jaeger if no other resource needs its provider" called "kubectl delete --ignore-not-found -f observability/jaeger.yaml"
echo 'two traces zipkin meshwalk-jaeger' >>"$folder/telemetries"
fresh
with_stand_ins scripts/tracing.sh --remove || true
check "tracing leaves Jaeger to another namespace that asks for its provider" never_called 'jaeger.yaml\|traces-of-the-gateway\|patch configmap'
check "tracing takes its own namespace's traces away all the same" called 'kubectl delete --ignore-not-found -f observability/traces.yaml'
check "tracing says who needs what stays" says "two traces"
check "tracing says how that ends" says "scripts/tracing.sh --remove --namespace NAME"
printf 'accessLogFile: /dev/stdout\n' >"$folder/mesh"
check "tracing changes no configuration unasked, and says what belongs into it" refuses "service: jaeger.meshwalk-observability" scripts/tracing.sh
check "tracing without --provider leaves the configuration alone" never_called 'patch configmap'

stand_in kubectl "
case \$* in
  *version*--client*) echo 'Client Version: v$KUBECTL_LEAST_VERSION' ;;
  *version*) echo 'Server Version: v$KUBERNETES_VERSION' ;;
  *'get job meshwalk-runner'*conditions*) cat $folder/end ;;
  *'get pods'*phase*) echo Succeeded ;;
  *'get configmap meshwalk-report'*) echo text ;;
esac"
echo Complete >"$folder/end"
fresh
check "runner runs the Job again, shows its output, and fetches its report" with_stand_ins scripts/runner.sh --report "$folder/report"
check "runner does it in this order" in_this_order '^kubectl -n meshwalk delete --ignore-not-found --cascade=foreground job/meshwalk-runner' \
  '^kubectl apply -k k8s/runner' '^kubectl -n meshwalk logs --follow job/meshwalk-runner' '^kubectl -n meshwalk get configmap meshwalk-report'
echo Failed >"$folder/end"
runner_fails() { ! with_stand_ins scripts/runner.sh --report "$folder/report" && [ -s "$folder/report/report.json" ]; }
check "runner fails with the Job, and fetches its report all the same" runner_fails
fresh
with_stand_ins scripts/runner.sh --remove || true
check "runner ends a running Job before it removes its rights" in_this_order \
  '^kubectl -n meshwalk delete --ignore-not-found --cascade=foreground job/meshwalk-runner' '^kubectl delete --ignore-not-found -k k8s/runner'
check "runner refuses what is no lab" refuses "is not a valid lab name" scripts/runner.sh 'canary; rm'

# The demo counts only when the route works for all: the stand-in of curl fails the first rounds, as a sidecar does that does
# not know the backend's pods yet.
stand_in kubectl "
case \$* in
  *version*--client*) echo 'Client Version: v$KUBECTL_LEAST_VERSION' ;;
  *version*) echo 'Server Version: v$KUBERNETES_VERSION' ;;
esac"
stand_in curl "
case \$* in
  --version) echo 'curl $CURL_LEAST_VERSION' ;;
  *'-D -'*) echo 'server: istio-envoy' ;;
  *)
    rounds=\$(cat $folder/rounds)
    echo \$((rounds + 1)) >$folder/rounds
    of=\$(sed 's/.*\[1-\([0-9]*\)\].*/\1/' <<<\"\$*\")
    for i in \$(seq \$of); do
      if [ \$rounds -lt \$(cat $folder/failing) ] && [ \$((i % 2)) = 0 ]; then echo 'no healthy upstream'
      elif [ \$((i % 10)) -lt \$(cat $folder/v2) ]; then echo '{\"service\":\"backend\",\"version\":\"v2\"}'
      else echo '{\"service\":\"backend\",\"version\":\"v1\"}'; fi
    done ;;
esac"
demo() { # FAILING-ROUNDS V2-OF-TEN
  echo 0 >"$folder/rounds"
  echo "$1" >"$folder/failing"
  echo "$2" >"$folder/v2"
  with_stand_ins examples/test-demo.sh 400 --gateway http://127.0.0.1:1
}
reports_wrong_share() { ! demo 0 5 && says "the share of v2 is NOT right"; }
check "demo counts only after every request of several rounds is answered" demo 4 3
check "demo reports a wrong share" reports_wrong_share

# A share is counted only after the new configuration has reached every proxy: for three rounds the old share of 25 per
# cent is answered, then one round in transition, then the new share of 50 per cent.
waits_for_the_new_share() {
  # shellcheck disable=SC2016  # for the shell that is started
  with_stand_ins bash -c '. scripts/typed.sh
    answers=$0/answers rounds=0
    mkdir -p "$answers"
    requests() { :; }
    send() {
      local v2=200 i
      rounds=$((rounds + 1))
      if [ $rounds -le 3 ]; then v2=100; elif [ $rounds = 4 ]; then v2=142; fi
      for i in $(seq 400); do
        if [ $i -le $v2 ]; then echo "{\"service\":\"backend\",\"version\":\"v2\"}"; else echo "{}"; fi >"$answers/$i"
      done
    }
    until_share 400 50 gateway backend=v2
    [ $rounds = 6 ] && [ $wrong = 0 ]' "$folder"
}
check "a share is counted only after the proxies apply it" waits_for_the_new_share
thirty_tell_halves_from_none() { ! awk -v n=30 -v k=0 -v p=50 -f scripts/share.awk >/dev/null; }
check "thirty requests tell a half from nothing" thirty_tell_halves_from_none

# A reader that stops early may end the writer by SIGPIPE, and with `pipefail` the script, once in a hundred times.
stops_early='[^|]\| *(head|grep( -[a-zA-Z]+)* -[a-zA-Z]*[qm][a-zA-Z]*|sed [^|]*[0-9;{]q|awk [^|]*exit)\b'
reads_to_the_end() { ! grep -nE "$stops_early" scripts/*.sh examples/*.sh .ci/run >"$folder/out"; }
check "every reader of a pipe reads it to its end" reads_to_the_end

# Cargo rejects a workspace without one of its members, so a build of the images needs them all.
images_get_every_member() {
  local member
  for member in .cargo $(sed -n 's/^members = \[\(.*\)\]$/\1/p' Cargo.toml | tr -d '",'); do
    grep -qxF -e "!$member" -e "!${member%%/*}" .dockerignore || { echo "$member is excluded" >"$folder/out"; return 1; }
  done
}
check "a build of the images gets every member of the workspace" images_get_every_member

# The statistics behind every share that the scripts judge, against values worked out by hand.
share() { awk -v n="$1" -v k="$2" -v p="$3" -v error="${4:-1e-6}" -f scripts/share.awk; }
one_toss_tells_nothing() { [ "$(share 1 0 50 0.01)" = "0 1" ]; }
ten_tosses() { [ "$(share 10 5 50 0.05)" = "2 8" ]; } # P(0 or 1 of 10) = 11/1024 = 1.07 %, and with 2: 5.5 %
nothing_means_nothing() { ! share 100 1 0 >/dev/null; }
check "one request tells nothing about a share" one_toss_tells_nothing
check "of ten halves, two to eight fit at five per cent" ten_tosses
check "one of a hundred is too much for a share of nothing" nothing_means_nothing

[ "$failed" = 0 ] || { echo "$failed failed" >&2; exit 1; }
