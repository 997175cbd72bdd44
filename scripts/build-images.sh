#!/usr/bin/env bash
# Builds the images of the workload and of the command line, prints their sizes, and brings them to a cluster.
#
#   scripts/build-images.sh                               build them, compiling in a container
#   scripts/build-images.sh --cargo                       the same, compiling with the cargo of this machine (Linux)
#   scripts/build-images.sh --binaries DIR                take the static programs frontend, backend, meshwalk in DIR
#   scripts/build-images.sh --load kind                   … and load them into the kind cluster `meshwalk`
#     --load kind=NAME | k3d[=NAME] | minikube[=NAME]     … of another name
#     --load ctr                                          … into this machine's containerd (namespace k8s.io; root)
#     --load archive=DIR                                  … save them as archives, a file for each tag
#     --load push=REGISTRY                                … push them as REGISTRY/meshwalk/NAME:TAG
#   --engine docker|podman|buildah                        default: the first of them that answers
#   --runner                                              also meshwalk/runner, which holds labs, manifests and kubectl
#   --kubectl FILE                                        … with this kubectl, instead of one from its own image
#
# Tags: meshwalk/frontend:v1, meshwalk/backend:v1, meshwalk/backend:v2, meshwalk/meshwalk:v1 (meshwalk/runner:v1), and
# each again with the version of this checkout (v1-0.1.0). v1 and v2 of the backend are images of their own.
#
# Needs: Docker 23, Podman 4.3 or Buildah 1.28, or newer. Loading needs the tool it is named after. To be run as often
# as you like; archives and programs lie in a temporary folder that is removed at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/cluster.sh

engine=
binaries=
loads=()
with_runner=
kubectl_file=
with_cargo=

read_flags "$@"
set -- ${arguments[@]+"${arguments[@]}"}
while [ $# -gt 0 ]; do
  case $1 in
    --engine | --binaries | --load | --kubectl) [ $# -ge 2 ] || fail "$1 needs a value; see $0 --help" ;;
  esac
  case $1 in
    --engine) engine=$2; shift ;;
    --binaries) binaries=$2; shift ;;
    --load) loads+=("$2"); shift ;;
    --kubectl) kubectl_file=$2; with_runner=yes; shift ;;
    --cargo) with_cargo=yes ;;
    --runner) with_runner=yes ;;
    *) fail "'$1' is not understood; see $0 --help" ;;
  esac
  shift
done

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | sed -n 1p)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

works() { command -v "$1" >/dev/null && case $1 in buildah) true ;; *) "$1" info >/dev/null 2>&1 ;; esac; }
find_engine() {
  if [ -n "$engine" ]; then
    case $engine in docker | podman | buildah) ;; *) fail "--engine: '$engine' is none of docker, podman, buildah" ;; esac
    works "$engine" || fail "$engine is not installed, or does not answer ('$engine info' shows why)"
  else
    for engine in docker podman buildah ''; do works "$engine" 2>/dev/null && break; done
    [ -n "$engine" ] || fail "none of docker, podman and buildah is installed and answers: install one of them"
  fi
  local least
  case $engine in
    docker) least=$DOCKER_LEAST_VERSION ;;
    podman) least=$PODMAN_LEAST_VERSION ;;
    buildah) least=$BUILDAH_LEAST_VERSION ;;
  esac
  require_version "$engine" "$("$engine" --version | version_in)" "$least" "Update it, or name another by --engine"
}
check_loads() {
  local load
  for load in ${loads[@]+"${loads[@]}"}; do
    case $load in
      kind | kind=* | k3d | k3d=* | minikube | minikube=* | ctr)
        command -v "${load%%=*}" >/dev/null || fail "--load $load needs ${load%%=*} on the PATH" ;;
      archive=?* | push=?*) ;;
      *) fail "--load: '$load' is none of kind[=NAME], k3d[=NAME], minikube[=NAME], ctr, archive=DIR, push=REGISTRY" ;;
    esac
  done
}
check_program() {
  if ! [ -f "$1" ] || ! [ -x "$1" ]; then
    fail "$1 is not a program: --binaries names a folder that holds frontend, backend and meshwalk"
  fi
  if command -v ldd >/dev/null && ldd "$1" 2>/dev/null | grep '=>' >/dev/null; then
    fail "$1 needs shared libraries, and the images have none: build it statically, or use --cargo"
  fi
}

find_engine
check_loads
if [ -n "$with_cargo" ]; then
  require_cargo
  [ "$(uname -s)" = Linux ] || fail "--cargo builds programs for this machine, and images hold programs for Linux: leave it out"
  target=$(rustc -vV | sed -n 's/^host: //p')
  say "compiling"
  rust_flags="-C target-feature=+crt-static"
  # Packed relocations save 0.3 MB of each program. A static program with them needs glibc 2.36, or it crashes at the start.
  glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | version_in || true)
  if [ -n "$glibc" ] && printf '2.36\n%s\n' "$glibc" | sort -CV; then
    rust_flags+=" -C link-arg=-Wl,-z,pack-relative-relocs"
  fi
  RUSTFLAGS=$rust_flags run cargo build --locked --release --target "$target" \
    --package frontend --package backend --package meshwalk
  binaries=$(target_directory)/$target/release
fi

build_flags=(--build-arg "VERSION=$version" --build-arg "REVISION=$revision")
if [ -n "$binaries" ]; then
  mkdir "$folder/programs"
  for program in frontend backend meshwalk; do
    check_program "$binaries/$program"
    cp "$binaries/$program" "$folder/programs/"
  done
  # There is nothing to gain from cached layers, and older Podmans take some that do not fit.
  build_flags+=(--no-cache --build-context "compile=$folder/programs")
fi
if [ -n "$kubectl_file" ]; then
  check_program "$kubectl_file"
  mkdir -p "$folder/kubectl/bin"
  cp "$kubectl_file" "$folder/kubectl/bin/kubectl"
  build_flags+=(--build-context "kubectl=$folder/kubectl")
fi

# build TARGET RELEASE: under the names that Kubernetes gives them, so that every engine saves them under these.
built=()
build() {
  local name=docker.io/meshwalk/$1 command=("$engine" build)
  # Without privileges and without a daemon: what runs during the build is our own compiler.
  [ "$engine" != buildah ] || command=(buildah bud --isolation chroot)
  run "${command[@]}" "${build_flags[@]}" --build-arg "RELEASE=$2" --target "$1" \
    --tag "$name:$2" --tag "$name:$2-$version" .
  built+=("$name:$2" "$name:$2-$version")
  case $1 in frontend | backend) check_release "$name:$2" "$2" ;; esac
}
# An image that says a wrong release would make every canary a lie.
check_release() {
  local inspect=("$engine" image inspect --format '{{.Config.Env}}')
  [ "$engine" != buildah ] || inspect=(buildah inspect --type image --format '{{.OCIv1.Config.Env}}')
  "${inspect[@]}" "$1" | grep "MESHWALK_RELEASE=$2\b" >/dev/null || fail "$1 is not of release $2: '${inspect[*]} $1' shows its environment"
}
save() {
  rm -f "$2"
  case $engine in
    docker) docker save --output "$2" "$1" ;;
    podman) podman save --quiet --format docker-archive --output "$2" "$1" ;;
    buildah) buildah push --quiet "$1" "docker-archive:$2:$1" ;;
  esac
}
file_of() { local short=${1#docker.io/meshwalk/}; echo "$folder/${short/:/-}.tar"; }
mebibytes() { awk -v bytes="$1" 'BEGIN { printf "%.1f MiB", bytes / 1048576 }'; }

say "building with $engine"
build frontend v1
build backend v1
build backend v2
build meshwalk v1
[ -z "$with_runner" ] || build runner v1

say "sizes: as it lies on a node, and compressed as it travels"
for image in "${built[@]}"; do
  save "$image" "$(file_of "$image")"
  case $image in *-"$version") continue ;; esac
  printf '%-28s %10s %10s\n' "${image#docker.io/}" "$(mebibytes "$(wc -c <"$(file_of "$image")")")" \
    "$(mebibytes "$(gzip -c "$(file_of "$image")" | wc -c)")"
done

load() {
  local tool=${1%%=*} name image
  name=${1#"$tool"}
  name=${name#=}
  say "loading: $1"
  case $tool in push) ;; archive) mkdir -p "$name" ;; esac
  for image in "${built[@]}"; do
    case $tool in
      kind) run kind load image-archive "$(file_of "$image")" --name "${name:-meshwalk}" ;;
      k3d) run k3d image import "$(file_of "$image")" --cluster "${name:-meshwalk}" ;;
      minikube) run minikube image load "$(file_of "$image")" --profile "${name:-minikube}" ;;
      ctr) run ctr --namespace k8s.io images import "$(file_of "$image")" ;;
      archive) run cp "$(file_of "$image")" "$name/" ;;
      push)
        run "$engine" tag "$image" "$name/${image#docker.io/}"
        run "$engine" push "$name/${image#docker.io/}"
        ;;
    esac
  done
}
for one in ${loads[@]+"${loads[@]}"}; do load "$one"; done
