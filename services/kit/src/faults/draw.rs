//! Random numbers by position: the n-th request that a rule matches gets the n-th draws on any thread, so no lock
//! is needed and a seed gives the same sequence on every machine and in every release.
//!
//! The generator is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014), which can
//! jump to any position.

use std::sync::atomic::{AtomicU64, Ordering};

/// 2^64 divided by the golden ratio, odd: the step of the generator's sequence.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// How many numbers one request may draw. A fixed share keeps the requests after it at their positions.
const PER_REQUEST: u64 = 8;

/// One rule's sequence.
#[derive(Debug)]
pub(super) struct DrawSequence {
    key: u64,
    next: AtomicU64,
}

impl DrawSequence {
    /// A sequence that cannot be predicted.
    pub(super) fn random() -> Self {
        Self { key: rand::random(), next: AtomicU64::new(0) }
    }

    /// The sequence of a seed. Rules with one seed and different texts, or of one text and different `ordinal`s, have
    /// independent sequences.
    pub(super) fn seeded(seed: u64, text: &str, ordinal: u64) -> Self {
        // FNV-1a tells the texts apart; the finalizer after each part makes one different bit matter everywhere.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let key = mix(mix(mix(seed ^ STEP) ^ hash).wrapping_add(ordinal));
        Self { key, next: AtomicU64::new(0) }
    }

    /// The draws of the next request.
    pub(super) fn next(&self) -> Draws {
        let request = self.next.fetch_add(1, Ordering::Relaxed);
        Draws { key: self.key, first: request.wrapping_mul(PER_REQUEST), drawn: 0, limit: PER_REQUEST }
    }
}

/// The numbers of one request and one rule.
#[derive(Debug)]
pub(super) struct Draws {
    key: u64,
    first: u64,
    drawn: u64,
    limit: u64,
}

impl Draws {
    /// Numbers without an end, of a seed of their own.
    pub(super) fn of(seed: u64) -> Self {
        Self { key: seed, first: 0, drawn: 0, limit: u64::MAX }
    }

    fn number(&mut self) -> u64 {
        debug_assert!(self.drawn < self.limit, "a mode draws more than {PER_REQUEST} numbers for one request");
        self.drawn += 1;
        mix(self.key.wrapping_add(self.first.wrapping_add(self.drawn).wrapping_mul(STEP)))
    }

    /// A whole number below `bound`, each with the same probability up to `bound` / 2^64.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product is below the bound, and the low half is what it was rounded by.
        ((u128::from(self.number()) * u128::from(bound)) >> 64) as u64
    }

    /// A number strictly between 0 and 1, from 2^53 ones at equal distances.
    pub(super) fn share(&mut self) -> f64 {
        const STEPS: f64 = (1_u64 << 53) as f64;
        ((self.number() >> 11) as f64 + 0.5) / STEPS
    }
}

/// The finalizer of SplitMix64.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // The first numbers of the published generator for the seed 0.
        let mut draws = Draws::of(0);
        assert_eq!([draws.number(), draws.number()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
    }

    #[test]
    fn each_request_has_numbers_of_its_own() {
        let stream = DrawSequence::seeded(1, "rule", 0);
        let numbers: std::collections::HashSet<u64> =
            (0..1000).map(|_| stream.next()).flat_map(|mut draws| [draws.number(), draws.number()]).collect();
        assert_eq!(numbers.len(), 2000);
        assert_eq!(Draws { key: 1, first: u64::MAX, drawn: 3, limit: 8 }.below(1), 0);
    }
}
