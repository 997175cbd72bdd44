//! Patterns: `*` is any sequence of characters (slashes too, also none), `?` is any one byte.

use std::fmt;

/// A pattern for a path, a header's value, a label's value or a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// The pattern of a text. There is none that cannot be one.
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    /// Whether the pattern covers the whole text. It backtracks to the last star only, so no pattern costs more
    /// than the product of the two lengths.
    #[inline]
    pub fn matches(&self, text: &[u8]) -> bool {
        let pattern = self.0.as_bytes();
        let (mut p, mut t) = (0, 0);
        let mut star = None;
        while t < text.len() {
            match pattern.get(p) {
                Some(b'*') => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(&byte) if byte == b'?' || byte == text[t] => {
                    p += 1;
                    t += 1;
                }
                _ => {
                    let Some((star_at, swallowed)) = star else { return false };
                    p = star_at + 1;
                    t = swallowed + 1;
                    star = Some((star_at, t));
                }
            }
        }
        pattern[p..].iter().all(|&byte| byte == b'*')
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_covers_slashes_and_nothing() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("/api/*", "/api/hello", true),
            ("/api/*", "/api/", true),
            ("/api/*", "/api", false),
            ("*/hello", "/api/v1/hello", true),
            ("/a*b*c", "/aXbYbZc", true),
            ("/a*b*c", "/aXbYbZ", false),
            ("al?ce", "alice", true),
            ("al?ce", "alce", false),
            ("**", "x", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(text.as_bytes()), expected, "{pattern:?} on {text:?}");
        }
    }

    #[test]
    fn many_stars_against_a_long_text_come_to_an_end() {
        let pattern = Glob::new(&"*a".repeat(1000));
        assert!(!pattern.matches(&[b'b'; 64 * 1024]));
        assert!(!pattern.matches("a".repeat(999).as_bytes()));
        assert!(pattern.matches("ab".repeat(999).as_bytes()) ^ pattern.matches("ba".repeat(1000).as_bytes()));
    }
}
