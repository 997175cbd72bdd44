//! The project's files name the namespace [`USUAL`]. For a workload in another one, its name is put in wherever a
//! manifest or a lab means the namespace, and nowhere else: `meshwalk` is also a gateway, a label and a part of images.
//!
//! `scripts/namespace.awk` follows the same rules for the scripts, and a test compares the two.

mod manifests;
#[cfg(test)]
mod tests;

use std::fmt;

pub use manifests::Outside;

/// The namespace that the project's files name.
pub const USUAL: &str = "meshwalk";

/// What a name of a namespace may be at most (RFC 1123, section 2.1, as Kubernetes reads it).
const LONGEST: usize = 63;

/// A namespace in the place of the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace(String);

/// Why a text is no name of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name of a namespace: small letters, digits and `-` are allowed, a letter or digit first and last, 63 at \
     most"
)]
pub struct NoName(String);

impl Namespace {
    /// The namespace of that name.
    ///
    /// # Errors
    /// If Kubernetes would not take the name: it has to be a label as in RFC 1123.
    pub fn named(name: &str) -> Result<Self, NoName> {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = name.len() <= LONGEST && name.chars().all(inner);
        if fits && edge(name.chars().next()) && edge(name.chars().next_back()) {
            return Ok(Self(name.to_owned()));
        }
        Err(NoName(name.to_owned()))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether it is the one that the files name, so that nothing has to be put in.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        self.0 == USUAL
    }

    /// The host under which the ingress gateway serves the workload.
    #[must_use]
    pub fn gateway_host(&self) -> String {
        format!("{}.localhost", self.0)
    }

    /// A text with this namespace put in where the usual one is part of an identity (`…/ns/NAMESPACE/…`), of the
    /// gateway's host (`NAMESPACE.localhost`, also under a name of its own) or of a service's qualified name
    /// (`NAME.NAMESPACE`, `NAME.NAMESPACE.svc…`).
    #[must_use]
    pub fn put_into(&self, text: &str) -> String {
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

/// Whether the namespace is meant by its name between these.
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
