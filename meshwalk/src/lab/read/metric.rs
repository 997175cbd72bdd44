//! Reading checks on what proxies and applications counted.

use std::collections::BTreeMap;

use meshwalk_yaml::{Content, Entry, Node};

use super::{check::class, fault_rules};
use crate::reader::{Reader, below, one_or_many};
use crate::{
    checks::classes::YES,
    lab::{
        AddsUp, Amount, Category, MetricQuery, MetricWanted, Term,
        quantity::{self, Op},
    },
    traffic::units,
};

/// A metric, and by how much it must grow.
pub(super) fn wanted(reader: &mut Reader, node: &Node, field: &str) -> Option<MetricWanted> {
    let query = query(reader, node, field, &["name", "labels", "workload", "delta"]);
    let delta = reader.required(node, field, "delta", "delta: \"= requests\"")?;
    let (op, amount, tolerance) = reader.parsed(delta, &below(field, "delta"), growth)?;
    Some(MetricWanted { query: query?, op, amount, tolerance })
}

/// Which metric is meant, among keys of which these are known.
pub(super) fn query(reader: &mut Reader, node: &Node, field: &str, known: &[&str]) -> Option<MetricQuery> {
    reader.map(node, field, known);
    let name = reader.required(node, field, "name", "name: istio_requests_total");
    let name = name.and_then(|node| reader.text(node, &below(field, "name")));
    let workload = reader.required(node, field, "workload", "workload: backend-v1");
    let workload = workload.and_then(|node| reader.text(node, &below(field, "workload")));
    let mut labels = BTreeMap::new();
    if let Some(node) = node.get("labels") {
        if !matches!(node.content, Content::Mapping(_)) {
            let help = Some("write a map, as `{reporter: destination}`".to_owned());
            reader.wrong(&node.location, &below(field, "labels"), "this is no map of labels", help);
        }
        for Entry { key, value, .. } in node.entries() {
            if let Some(value) = reader.scalar(value, &below(&below(field, "labels"), key)) {
                labels.insert(key.clone(), value);
            }
        }
    }
    Some(MetricQuery { name: name?, labels, workload: workload? })
}

/// `= requests ± 1%`.
fn growth(text: &str) -> Result<(Op, Amount, f64), String> {
    let (op, rest) = quantity::comparison(text);
    let (what, tolerance) = match rest.split_once('±').or_else(|| rest.split_once("+-")) {
        Some((what, tolerance)) => (what.trim(), quantity::percentage(tolerance.trim())?),
        None => (rest, 0.0),
    };
    Ok((op.unwrap_or(Op::Equal), amount(what)?, tolerance))
}

/// A number, the name of a quantity of the traffic, or a multiple of one.
fn amount(text: &str) -> Result<Amount, String> {
    if let Some((factor, of)) = text.split_once('×').or_else(|| text.split_once('*')) {
        let wrong = || format!("`{text}` is no multiple; write a whole number and an amount, as `9 × requests`");
        let factor = factor.trim().parse().ok().filter(|factor| *factor > 0).ok_or_else(wrong)?;
        return Ok(Amount::Times(factor, Box::new(simple_amount(of.trim())?)));
    }
    simple_amount(text)
}

fn simple_amount(text: &str) -> Result<Amount, String> {
    let wrong = || {
        format!(
            "`{text}` is no amount; write a number, `requests`, `success`, `failures`, `attempts`, or a class as \
             `status:500`, `version:v2`, `upstream-status:403`, `upstream-error:reset`, `slower:1s`, `faults:error`; or a multiple, \
             as `9 × requests`"
        )
    };
    if let Some((category, of)) = text.split_once(':') {
        let category = match category.trim() {
            "status" => Category::Status,
            "version" => Category::Version,
            "upstream-status" => Category::UpstreamStatus,
            "upstream-error" => Category::UpstreamError,
            "slower" => return Ok(Amount::Of(Category::Slower(units::duration(of.trim())?), YES.to_owned())),
            "faults" => return fault_rules::mode(of.trim()).map(Amount::Faults),
            _ => return Err(wrong()),
        };
        return Ok(Amount::Of(category, class(category, of.trim())?));
    }
    Ok(match text {
        "requests" => Amount::Requests,
        "success" => Amount::Success,
        "failures" => Amount::Failures,
        "attempts" => Amount::Attempts,
        number => match number.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Amount::Number(number),
            _ => return Err(wrong()),
        },
    })
}

/// Two sums that must be equal.
pub(super) fn adds_up(reader: &mut Reader, node: &Node, field: &str) -> Option<AddsUp> {
    reader.map(node, field, &["left", "right"]);
    let mut side = |key: &str| -> Option<Vec<Term>> {
        let terms = reader.required(node, field, key, &format!("{key}: [{{client: requests}}]"))?;
        let terms = one_or_many(terms, &below(field, key));
        Some(terms.into_iter().filter_map(|(field, node)| term(reader, node, &field)).collect())
    };
    let (left, right) = (side("left"), side("right"));
    Some(AddsUp { left: left?, right: right? })
}

fn term(reader: &mut Reader, node: &Node, field: &str) -> Option<Term> {
    let entries = reader.map(node, field, &["client", "metric", "faults", "of"]);
    let of = node.get("of").and_then(|node| reader.text(node, &below(field, "of")));
    let mut terms = entries.iter().filter(|entry| entry.key != "of");
    let (Some(entry), None) = (terms.next(), terms.next()) else {
        let help = Some("write one of `client`, `metric` and `faults`".to_owned());
        reader.wrong(&node.location, field, "this is not one term of a sum", help);
        return None;
    };
    let at = below(field, &entry.key);
    match entry.key.as_str() {
        "client" => Some(Term::Client(reader.parsed(&entry.value, &at, amount)?, of)),
        "metric" => Some(Term::Metric(query(reader, &entry.value, &at, &["name", "labels", "workload"])?)),
        "faults" => Some(Term::Faults(reader.parsed(&entry.value, &at, fault_rules::mode)?)),
        _ => None,
    }
}
