//! Shares, tested as binomial proportions: exact and two-sided, with the error probability and the power stated.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Finding,
    classes::{Tally, YES},
    power::alpha_of_each,
};
use crate::{
    lab::{Category, Wanted},
    quantity::percent,
    stats::{Binomial, ERROR_PROBABILITY, POWER},
    traffic::{Observation, Sample},
};

/// What is expected, in words.
pub(super) fn expected(category: Category, wanted: &BTreeMap<String, Wanted>) -> String {
    let shares: Vec<_> = wanted
        .iter()
        .map(|(class, wanted)| if class == YES { wanted.to_string() } else { format!("{class} {wanted}") })
        .collect();
    let than = match category {
        Category::Slower(than) => format!("slower than {} ", crate::quantity::readable(than)),
        _ => String::new(),
    };
    format!("{than}{}", shares.join(", "))
}

/// Whether a single request is as expected: of every class that is expected of all, of none that is expected of none.
#[must_use]
pub fn holds_for_one(category: Category, wanted: &BTreeMap<String, Wanted>, sample: &Sample) -> bool {
    let seen = Tally::of(category, [Observation::from(sample)]);
    seen.base > 0
        && wanted.iter().all(|(class, wanted)| match wanted {
            Wanted::Exactly(share) => (seen.count(class) > 0) == (*share > 0.5),
            Wanted::Bound(..) => false,
        })
}

/// Compares the shares of all classes with what is expected of them.
pub(super) fn decide<'a>(
    category: Category,
    wanted: &BTreeMap<String, Wanted>,
    requests: impl Iterator<Item = Observation<'a>>,
) -> Finding {
    let tally = Tally::of(category, requests);
    if tally.base == 0 {
        let base = category.base();
        return Finding::fails(format!("no {base}"), format!("there are no {base}, so there is no share"));
    }
    let mut all = wanted.clone();
    let exact: f64 = wanted.values().map(|wanted| if let Wanted::Exactly(share) = wanted { *share } else { 0.0 }).sum();
    if exact > 1.0 - 1e-9 && category != Category::Fault {
        // What is expected is all there is.
        for class in tally.classes.keys() {
            all.entry(class.clone()).or_insert(Wanted::Exactly(0.0));
        }
    }
    let alpha = alpha_of_each(wanted.len());
    let (mut holds, mut fails) = (Vec::new(), Vec::new());
    for (class, wanted) in &all {
        let class_name = if class == YES { category.word() } else { class.as_str() };
        match one(class_name, tally.count(class), tally.base, *wanted, alpha) {
            Ok(Some(why)) => holds.push(why),
            Ok(None) => {}
            Err(why) => fails.push(why),
        }
    }
    let observed = observed(category, &tally, &all);
    if fails.is_empty() {
        let tested = if holds.is_empty() { String::new() } else { format!(": {}", holds.join("; ")) };
        return Finding::holds(observed, format!("n = {} {}{tested}", tally.base, category.base()));
    }
    Finding::fails(observed, fails.join("; "))
}

#[allow(clippy::cast_precision_loss)]
fn one(class: &str, count: u64, base: u64, wanted: Wanted, alpha: f64) -> Result<Option<String>, String> {
    let seen = count as f64 / base as f64;
    let got = format!("{class} got {} of {base} requests ({count})", percent(seen));
    match wanted {
        Wanted::Bound(op, share) if op.holds(seen, share, 0.0) => Ok(None),
        Wanted::Bound(op, share) => Err(format!("{got}; {op} {} was expected", percent(share))),
        Wanted::Exactly(share) if share <= 0.0 => {
            if count == 0 {
                Ok(None)
            } else {
                Err(format!("{got}; none was expected"))
            }
        }
        Wanted::Exactly(share) if share >= 1.0 => {
            if count == base {
                Ok(None)
            } else {
                Err(format!("{got}; all were expected, {} were not", base - count))
            }
        }
        Wanted::Exactly(share) => {
            let binomial = Binomial::new(base, share).map_err(|error| error.to_string())?;
            let accepted = binomial.accepted(alpha);
            let (low, high) = (accepted.start(), accepted.end());
            if !accepted.contains(&count) {
                return Err(format!(
                    "{got}; {} would give {low} to {high} with probability 1-{ERROR_PROBABILITY:e}",
                    percent(share)
                ));
            }
            let noticed = binomial.noticed(alpha, POWER);
            let points = |points: Option<f64>| points.map(|points| format!("{:.1}", points * 100.0));
            let deviation = match (points(noticed.below), points(noticed.above)) {
                (Some(below), Some(above)) => format!("-{below} or +{above} points"),
                (Some(below), None) => format!("-{below} points"),
                (None, Some(above)) => format!("+{above} points"),
                (None, None) => return Ok(Some(format!("{class} {low} to {high} accepted"))),
            };
            Ok(Some(format!(
                "{class} {low} to {high} accepted at error probability {ERROR_PROBABILITY:e}, a deviation of {deviation} would \
                 have been noticed with probability {POWER}"
            )))
        }
    }
}

#[allow(clippy::cast_precision_loss)]
fn observed(category: Category, tally: &Tally, wanted: &BTreeMap<String, Wanted>) -> String {
    let classes: BTreeSet<&String> = wanted.keys().chain(tally.classes.keys()).collect();
    let shares: Vec<_> = classes
        .into_iter()
        .map(|class| {
            let count = tally.count(class);
            let share = percent(count as f64 / tally.base as f64);
            if class == YES { format!("{share} ({count})") } else { format!("{class} {share} ({count})") }
        })
        .collect();
    let of = match category.base() {
        "requests" => "requests",
        _ => "answers",
    };
    format!("{} of {} {of}", shares.join(", "), tally.base)
}
