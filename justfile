# What CI runs, by short names. Every recipe is one script, which explains itself with --help.

# Lists the recipes.
default:
    @just --list

# Every check that needs only this machine.
test:
    ./scripts/test.sh

# The core labs on the local mesh.
walkthrough *arguments:
    ./scripts/walkthrough.sh {{ arguments }}

# A kind cluster with the pinned Istio.
cluster-up *arguments:
    scripts/cluster-up.sh {{ arguments }}

# Removes the kind cluster.
cluster-down *arguments:
    scripts/cluster-down.sh {{ arguments }}

# Builds the images and loads them into the kind cluster.
images:
    scripts/build-images.sh --runner --load kind

# Every check that needs a cluster, against the current context.
test-cluster *arguments:
    scripts/e2e.sh {{ arguments }}

# Licences, advisories and sources of the dependencies.
deny:
    cargo deny --locked check
