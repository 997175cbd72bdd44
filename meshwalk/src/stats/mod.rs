//! Exact tests of shares with a stated error probability.
//!
//! A route that sends 10 % to v2 makes every request an independent draw, so the number of responses by v2 among `n` is
//! binomial. A check fails if the stated share makes such a count less probable than [`ERROR_PROBABILITY`]: a correct
//! configuration fails one check in a million. The detectable deviation follows from `n`: [`Binomial::noticed`]
//! computes it for a given `n`, and [`required`] computes `n`.
//!
//! The tests do not use the normal approximation, which is wrong by orders of magnitude in the tails.

mod binomial;
mod factorial;
mod fisher;
mod power;
mod rank_sum;

pub use binomial::{Binomial, InvalidProbability};
pub use fisher::fisher;
pub use power::{DetectableDeviation, required};
pub use rank_sum::rank_sum;

/// Probability that a check fails although the share is correct.
pub const ERROR_PROBABILITY: f64 = 1e-6;

/// Probability with which a deviation called noticeable is detected.
pub const POWER: f64 = 1.0 - 1e-3;
