//! How much metrics grew, against amounts that the client knows.

use super::{
    Evidence, Finding,
    classes::{FAILED, Tally, YES},
};
use crate::{
    lab::{
        Amount, Category, MetricWanted,
        quantity::{Op, percent},
    },
    traffic::Observation,
};

/// What is expected, in words.
pub(super) fn expected(wanted: &MetricWanted) -> String {
    let tolerance = if wanted.tolerance > 0.0 { format!(" ± {}", percent(wanted.tolerance)) } else { String::new() };
    format!("grows by {} {}{tolerance}", wanted.op, wanted.amount)
}

/// Compares the growth of a metric with an amount.
pub(super) fn decide(wanted: &MetricWanted, evidence: &Evidence, of: Option<&str>) -> Finding {
    // The sum of no numbers is -0, which reads like a fault.
    let seen = evidence.growth.metric(&wanted.query) + 0.0;
    let stated = amount(&wanted.amount, evidence, of);
    let observed = format!("grew by {seen}");
    if let Some(missing) = evidence.growth.missing() {
        return Finding::fails(observed, format!("the count is not whole: {missing}"));
    }
    let what = match wanted.amount {
        Amount::Number(_) => String::new(),
        _ => format!("{} were {stated}; ", wanted.amount),
    };
    if wanted.op.holds(seen, stated, stated * wanted.tolerance) {
        return Finding::holds(observed, format!("{what}{}", wanted.query));
    }
    let relation = match wanted.op {
        Op::Equal => "just so many",
        Op::AtLeast => "at least so many",
        Op::AtMost => "at most so many",
    };
    let series = evidence.growth.series(&wanted.query);
    let series = if series.is_empty() {
        format!("; no series of {} grew at all", wanted.query.name)
    } else {
        format!("; what grew: {}", series.join(", "))
    };
    let stated = if matches!(wanted.amount, Amount::Number(_)) { stated.to_string() } else { String::new() };
    let why = format!("{what}{} grew by {seen}, {relation} {stated}", wanted.query);
    Finding::fails(observed, format!("{} were expected{series}", why.trim_end()))
}

/// How much an amount is in a step.
#[allow(clippy::cast_precision_loss)]
pub(super) fn amount(what: &Amount, evidence: &Evidence, of_traffic: Option<&str>) -> f64 {
    let tally =
        |category: Category, class: &str| Tally::of(category, evidence.requests(of_traffic)).count(class) as f64;
    match what {
        Amount::Number(number) => *number,
        Amount::Requests => evidence.requests(of_traffic).map(|request| request.count).sum::<u64>() as f64,
        Amount::Success => tally(Category::Success, YES),
        Amount::Failures => tally(Category::Status, FAILED),
        Amount::Attempts => {
            let attempts = |request: Observation<'_>| {
                let each = request.outcome.answer().and_then(|answer| answer.attempt).unwrap_or_default();
                f64::from(each) * request.count as f64
            };
            evidence.requests(of_traffic).map(attempts).sum()
        }
        Amount::Of(category, class) => tally(*category, class),
        Amount::Faults(mode) => evidence.growth.faults(mode) as f64,
        Amount::Times(factor, of) => f64::from(*factor) * amount(of, evidence, of_traffic),
    }
}
