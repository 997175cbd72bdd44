//! How many requests a statement about shares needs.

use std::collections::BTreeMap;

use super::expected_share::ExpectedShare;
use crate::{
    quantity::percent,
    stats::{Binomial, ERROR_PROBABILITY, POWER},
};

/// Deviation that must be detected by default, which is clearly another split of the traffic.
const NOTICE: f64 = 0.3;
/// Maximum number of requests that is suggested for a share.
const MOST: u64 = 100_000_000;

/// The error probability of each class's own test, so that the whole check's is at most [`ERROR_PROBABILITY`].
#[must_use]
pub(super) fn alpha_of_each(classes: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "a check names a handful of classes")]
    let classes = classes.max(1) as f64;
    ERROR_PROBABILITY / classes
}

/// Checks that this number of requests distinguishes the expected shares from others that deviate by `notice`. The
/// default is a deviation of 30 points, and the absence of a class.
///
/// # Errors
/// Returns the class that the sample cannot distinguish, and the number of requests that would be enough.
pub(super) fn enough(
    requests: u64,
    wanted: &BTreeMap<String, ExpectedShare>,
    notice: Option<f64>,
) -> Result<(), String> {
    let alpha = alpha_of_each(wanted.len());
    for (class, wanted) in wanted {
        let ExpectedShare::Exactly(share) = *wanted else { continue };
        // An exact share of 0 or 1 is refuted by a single request.
        let certain = share <= 0.0 || share >= 1.0;
        let deviation = notice.unwrap_or(NOTICE);
        if (certain && notice.is_none()) || tells(requests, share, deviation, alpha) {
            continue;
        }
        let mut needed = requests.max(8);
        while !tells(needed, share, deviation, alpha) && needed < MOST {
            needed += needed.div_ceil(16);
        }
        return Err(format!(
            "{requests} requests are too few to distinguish {} of `{class}` from a share that is {} points off or missing; about {needed} are enough",
            percent(share),
            (deviation * 1000.0).round() / 10.0,
        ));
    }
    Ok(())
}

/// Returns true if a deviation of the share to either side is detected, limited to 0 and 1.
fn tells(requests: u64, share: f64, deviation: f64, alpha: f64) -> bool {
    let Ok(binomial) = Binomial::new(requests, share) else { return false };
    let noticed = binomial.noticed(alpha, POWER);
    let covers = |noticed: Option<f64>, room: f64| {
        let deviation = deviation.min(room);
        deviation <= 0.0 || noticed.is_some_and(|noticed| noticed <= deviation + 1e-9)
    };
    covers(noticed.below, share) && covers(noticed.above, 1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(share: f64) -> BTreeMap<String, ExpectedShare> {
        BTreeMap::from([
            ("v1".to_owned(), ExpectedShare::Exactly(1.0 - share)),
            ("v2".to_owned(), ExpectedShare::Exactly(share)),
        ])
    }

    #[test]
    fn a_split_needs_enough_requests_to_be_told_from_another() {
        assert_eq!(enough(800, &split(0.1), None), Ok(()));
        assert_eq!(enough(200, &split(0.5), None), Ok(()));
        let error = enough(100, &split(0.1), None).unwrap_err();
        assert!(
            error
                .starts_with("100 requests are too few to distinguish 90 % of `v1` from a share that is 30 points off"),
            "{error}"
        );
    }

    #[test]
    fn a_finer_deviation_needs_more_requests() {
        assert_eq!(enough(800, &split(0.1), Some(0.12)), Ok(()));
        assert!(enough(800, &split(0.1), Some(0.05)).is_err());
        assert_eq!(enough(5000, &split(0.1), Some(0.05)), Ok(()));
    }

    #[test]
    fn all_or_nothing_can_be_told_by_any_number_of_requests_unless_the_lab_asks_for_more() {
        assert_eq!(enough(1, &split(0.0), None), Ok(()));
        assert!(enough(10, &split(0.0), Some(0.05)).is_err());
        assert_eq!(enough(200, &split(0.0), Some(0.05)), Ok(()));
    }
}
