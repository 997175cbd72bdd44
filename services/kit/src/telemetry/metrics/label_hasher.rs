//! Hasher of metric labels.

use std::hash::Hasher;

/// Odd constant with well-spread bits: the golden ratio times 2^64.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hashes eight bytes at a time with one multiplication.
///
/// The standard hasher protects against chosen keys. Labels come from closed sets, so a client cannot choose them.
#[derive(Debug, Default)]
pub(super) struct LabelHasher(u64);

impl LabelHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER);
    }
}

impl Hasher for LabelHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.add(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }

    fn finish(&self) -> u64 {
        // The map takes its bucket from the low bits, and a multiplication leaves the high bits better mixed.
        self.0.rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        hash::{BuildHasher, BuildHasherDefault},
    };

    use http::{StatusCode, Version};

    use super::*;

    #[test]
    fn hashes_of_all_requests_labels_differ() {
        let hasher = BuildHasherDefault::<LabelHasher>::default();
        let mut hashes = HashSet::new();
        let mut count = 0;
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "_OTHER"] {
            for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
                for status in 100..600_u16 {
                    hashes.insert(hasher.hash_one((method, version, StatusCode::from_u16(status).unwrap())));
                    count += 1;
                }
            }
        }
        assert_eq!(hashes.len(), count);
    }
}
