//! What a count of answers says about a share: exact tests with a stated error probability.
//!
//! A route that sends 10 % to v2 makes every request an independent draw, so the number of answers by v2 among `n` is
//! binomial. A check refuses the count only if the stated share would give one so far out with a probability of at most
//! [`ERROR_PROBABILITY`]: a right configuration fails one check in a million. How wrong a configuration has to be to be
//! noticed follows from `n`: [`Binomial::noticed`] says it for a given `n`, [`required`] the other way round.
//!
//! Nothing here is an approximation by the normal distribution, which is wrong by orders of magnitude so far out in the
//! tails.

mod binomial;
mod factorial;
mod fisher;
mod power;
mod rank_sum;

pub use binomial::{Binomial, NotAProbability};
pub use fisher::fisher;
pub use power::{Noticed, required};
pub use rank_sum::rank_sum;

/// The probability with which a check fails although the share is what it should be.
pub const ERROR_PROBABILITY: f64 = 1e-6;

/// The probability with which a deviation that is called noticeable is noticed.
pub const POWER: f64 = 1.0 - 1e-3;
