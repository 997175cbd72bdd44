# The images of the workload and of the command line. One of them for each target:
#
#   docker build --target frontend --tag meshwalk/frontend:v1 .
#   docker build --target backend --build-arg RELEASE=v1 --tag meshwalk/backend:v1 .
#   docker build --target backend --build-arg RELEASE=v2 --tag meshwalk/backend:v2 .
#   docker build --target meshwalk --tag meshwalk/meshwalk:v1 .
#
# `podman build` and `buildah bud` take the same words. Programs that are built already take the place of the stage that
# compiles: `--build-context compile=FOLDER`, the folder holding frontend, backend and meshwalk as static programs.
# scripts/build-images.sh does all of it.

ARG RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm
ARG RELEASE=v1

FROM ${RUST_IMAGE} AS compile
WORKDIR /source
# The services' allocator is C code that is built with make.
RUN apt-get update && apt-get install --yes --no-install-recommends make && rm -rf /var/lib/apt/lists/*
COPY . .
# With --target, the flags are for the programs alone and not for what runs during the build. Static against glibc: no
# loader and no library has to be in the image, and host names are found by the resolver that is built in.
# Packed relocations save 0.3 MB of each program; they need glibc 2.36, which Debian 12 (bookworm) has.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target,sharing=locked \
    target="$(rustc -vV | sed -n 's/^host: //p')" && \
    RUSTFLAGS="-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs" \
    cargo build --locked --release --target "$target" \
      --package frontend --package backend --package meshwalk && \
    cd "target/$target/release" && cp frontend backend meshwalk /

# What all of the images share: nothing but a user without a name. Kubernetes can tell that a numeric user is not root.
FROM scratch AS bare
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Meshwalk" \
      org.opencontainers.image.description="A small workload that shows a service mesh at work, and proves it" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 65532:65532

# A release is a property of the image: a pod whose `version` label says something else does not start. A stage for each,
# chosen by name, since the layer cache of older Podmans takes no notice of a changed build argument.
FROM bare AS release-v1
ENV MESHWALK_RELEASE=v1
FROM bare AS release-v2
ENV MESHWALK_RELEASE=v2

FROM release-v1 AS frontend
COPY --from=compile /frontend /frontend
EXPOSE 8080 8081
ENTRYPOINT ["/frontend"]

FROM release-${RELEASE} AS backend
COPY --from=compile /backend /backend
EXPOSE 8080 8081
ENTRYPOINT ["/backend"]

FROM bare AS meshwalk
COPY --from=compile /meshwalk /meshwalk
ENTRYPOINT ["/meshwalk"]

# Runs labs from within a cluster: the command line, the files that labs apply, and a kubectl. `--build-context
# kubectl=FOLDER` takes FOLDER/bin/kubectl instead of the one that the Kubernetes project publishes.
FROM registry.k8s.io/kubectl:v1.34.0 AS kubectl

FROM meshwalk AS runner
COPY --from=kubectl /bin/kubectl /bin/kubectl
ENV PATH=/bin
COPY k8s /project/k8s
COPY istio /project/istio
COPY labs /project/labs
WORKDIR /project
