#!/usr/bin/env bash
# Every check that needs nothing but this machine: formatting, lints, documentation, unit and integration tests with
# real Envoys, the manifests and labs, and at last the walkthrough itself.
#
#   ./scripts/test.sh        takes no arguments
#
# Needs: Rust (cargo, rustfmt, clippy), Python 3 with pip. Where shellcheck is installed, the scripts are checked too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/requirements.sh

case ${1:-} in
  -h | --help) usage; exit ;;
  ?*) fail "'$1' is not understood; see $0 --help" ;;
esac
require_cargo
choose_features
require_pip
for part in fmt clippy; do
  cargo "$part" --version >/dev/null 2>&1 || fail "cargo $part is missing: run 'rustup component add rustfmt clippy'"
done

say "formatting"
cargo fmt --all --check

say "scripts"
if command -v shellcheck >/dev/null; then
  shellcheck -x scripts/*.sh examples/*.sh tests/*.sh .ci/run
else
  for script in scripts/*.sh examples/*.sh tests/*.sh .ci/run; do bash -n "$script"; done
  echo "skipped: shellcheck is not installed, so the scripts were only parsed" >&2
fi
tests/scripts.sh

say "repository"
tests/repository.py
if command -v actionlint >/dev/null; then
  actionlint
else
  echo "skipped: actionlint is not installed, so the workflows were not linted" >&2
fi

say "sources"
tests/source.py
tests/contrast.py

say "lints"
cargo clippy --locked --workspace --all-targets ${features[@]+"${features[@]}"} -- -D warnings

say "documentation"
# Private items are documented too, so a public item's link to one leads somewhere.
RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --locked --workspace --no-deps --document-private-items --quiet ${features[@]+"${features[@]}"}

say "programs"
cargo build --locked --bins ${features[@]+"${features[@]}"}
bin=$(target_directory)/debug

say "manifests and labs"
"$bin/meshwalk" lint

say "unit and integration tests"
cargo test --locked --workspace ${features[@]+"${features[@]}"}

say "the walkthrough"
"$bin/meshwalk" run --report target/walkthrough
