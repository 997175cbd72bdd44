//! The expected share of a class of requests.

use std::fmt;

use crate::quantity::{self, Op, percent};

/// The expected share of a class of requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ExpectedShare {
    /// This share, tested as a binomial proportion.
    Exactly(f64),
    /// A bound that the observed share must meet as it is.
    Bound(Op, f64),
}

impl ExpectedShare {
    /// Reads a share, or a bound on one.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match quantity::comparison(text) {
            (Some(op @ (Op::AtLeast | Op::AtMost)), rest) => Ok(Self::Bound(op, quantity::percentage(rest)?)),
            (_, rest) => Ok(Self::Exactly(quantity::percentage(rest)?)),
        }
    }

    /// The exact share, or `None` for a bound.
    pub(super) fn exact(self) -> Option<f64> {
        if let Self::Exactly(share) = self { Some(share) } else { None }
    }
}

impl fmt::Display for ExpectedShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(share) => f.write_str(&percent(*share)),
            Self::Bound(op, share) => write!(f, "{op} {}", percent(*share)),
        }
    }
}
