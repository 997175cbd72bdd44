//! Replaces the namespace [`USUAL`] of the project's files. For a workload in another namespace, its name is inserted
//! only where a manifest or a lab refers to the namespace: `meshwalk` is also a gateway, a label and a part of images.
//!
//! `scripts/namespace.awk` follows the same rules for the scripts, and a test compares the two.

mod manifests;
#[cfg(test)]
mod tests;

use std::fmt;

pub use manifests::MoveError;

/// Namespace in the project's files.
pub const USUAL: &str = "meshwalk";

/// Maximum length of a namespace name (RFC 1123, section 2.1, as Kubernetes applies it).
const LONGEST: usize = 63;

/// Namespace that replaces the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace(String);

/// Error for an invalid namespace name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid namespace name: lowercase letters, digits and `-` are allowed, a letter or digit first and last, 63 at \
     most"
)]
pub struct InvalidNamespace(String);

impl Namespace {
    /// Creates a namespace with this name.
    ///
    /// # Errors
    /// Fails if Kubernetes would reject the name, which must be a label as in RFC 1123.
    pub fn named(name: &str) -> Result<Self, InvalidNamespace> {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = name.len() <= LONGEST && name.chars().all(inner);
        if fits && edge(name.chars().next()) && edge(name.chars().next_back()) {
            return Ok(Self(name.to_owned()));
        }
        Err(InvalidNamespace(name.to_owned()))
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Returns true for the namespace of the project's files, which needs no replacement.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        self.0 == USUAL
    }

    /// Returns the host under which the ingress gateway serves the workload.
    #[must_use]
    pub fn gateway_host(&self) -> String {
        format!("{}.localhost", self.0)
    }

    /// Replaces the usual namespace in a text: in an identity (`…/ns/NAMESPACE/…`), in the gateway's host
    /// (`NAMESPACE.localhost`, also as a parent domain) and in a service's qualified name (`NAME.NAMESPACE`,
    /// `NAME.NAMESPACE.svc…`).
    #[must_use]
    pub fn replace_in(&self, text: &str) -> String {
        let (mut done, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(at) = rest.find(USUAL) {
            let (before, after) = (&rest[..at], &rest[at + USUAL.len()..]);
            done.push_str(before);
            done.push_str(if is_meant(&done, after) { &self.0 } else { USUAL });
            rest = after;
        }
        done + rest
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self(USUAL.to_owned())
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns true if the text between these parts refers to the namespace.
fn is_meant(before: &str, after: &str) -> bool {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let ends = |text: &str| !text.starts_with(|c| in_name(c) || c == '.');
    if before.ends_with("/ns/") || before == "ns/" {
        return after.is_empty() || after.starts_with('/');
    }
    if let Some(rest) = after.strip_prefix(".localhost") {
        return ends(rest) && !before.ends_with(in_name);
    }
    let qualifies = before.strip_suffix('.').is_some_and(|name| name.ends_with(|c| in_name(c) || c == '*'));
    let service = after.strip_prefix(".svc").is_some_and(|rest| ends(rest) || rest.starts_with('.'));
    qualifies && (ends(after) || service)
}
