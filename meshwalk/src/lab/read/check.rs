//! Reading checks.

use std::collections::BTreeMap;

use meshwalk_yaml::{Content, Entry, Node};

use super::{fault_rules, instances, metric};
use crate::reader::{Reader, below, listed, one_or_many};
use crate::{
    checks::classes::{FAILED, NONE, YES},
    lab::{
        Category, Check, GateOutcome, Kind, Quantile, Wanted,
        quantity::{self, Op},
    },
    traffic::units,
};

/// What a check can be about.
const KINDS: [&str; 21] = [
    "share",
    "success",
    "status",
    "failures",
    "upstream-error",
    "upstream-status",
    "attempts",
    "faults-injected",
    "one-trace",
    "slower",
    "p50",
    "p90",
    "p95",
    "p99",
    "max",
    "peer",
    "attempts-max",
    "answered-by",
    "metric",
    "adds-up",
    "trace",
];
/// What else it can be about, but a single probe of a wait cannot.
const OF_STEPS: [&str; 3] = ["probes", "instances", "gate"];
/// What can stand beside it.
const BESIDE: [&str; 3] = ["of", "name", "notice"];
/// The words for how a request fails.
const FAILURES: [&str; 5] = ["refused", "reset", "timeout", "protocol", NONE];

/// A check or a list of them. Those of a wait judge one probe at a time.
pub(super) fn checks(reader: &mut Reader, node: &Node, field: &str, probe: bool) -> Vec<Check> {
    let mut found = Vec::new();
    for (field, node) in one_or_many(node, field) {
        found.extend(check(reader, node, &field, probe));
    }
    found
}

fn check(reader: &mut Reader, node: &Node, field: &str, probe: bool) -> Option<Check> {
    let known: Vec<&str> = KINDS.into_iter().chain(OF_STEPS).chain(BESIDE).collect();
    let before = reader.diagnostics.len();
    let entries = reader.map(node, field, &known);
    let kinds: Vec<&Entry> = entries.iter().filter(|entry| !BESIDE.contains(&entry.key.as_str())).collect();
    let entry = match kinds.as_slice() {
        // An unknown key or something else than a map has been told already.
        _ if reader.diagnostics.len() > before => return None,
        [entry] => entry,
        [] => {
            let help = format!("write one of {}", listed(&KINDS));
            reader.wrong(&node.location, field, "this check expects nothing", Some(help));
            return None;
        }
        [_, second, ..] => {
            let help = Some("write each check as an element of its own".to_owned());
            reader.wrong(&second.location, &below(field, &second.key), "this is a second check in one", help);
            return None;
        }
    };
    let mut text = |key: &str| node.get(key).and_then(|value| reader.text(value, &below(field, key)));
    let (of, name) = (text("of"), text("name"));
    let at = below(field, &entry.key);
    let kind = kind(reader, node, entry, field)?;
    if let Some(notice) = node.entry("notice") {
        useful_notice(reader, notice, &kind, entry, &below(field, "notice"));
    }
    if probe {
        only_one_probe(reader, &kind, entry, &at);
    }
    Some(Check { name, of, kind, location: entry.location.clone() })
}

fn kind(reader: &mut Reader, node: &Node, entry: &Entry, field: &str) -> Option<Kind> {
    let (value, at) = (&entry.value, below(field, &entry.key));
    if let Some((_, quantile)) = Quantile::ALL.iter().find(|(word, _)| *word == entry.key) {
        let (op, limit) = reader.parsed(value, &at, |text| match quantity::comparison(text) {
            (Some(op @ (Op::AtLeast | Op::AtMost)), rest) => Ok((op, units::duration(rest)?)),
            _ => Err(format!("`{text}` is no bound; write `<=` or `>=` and a duration, as `\"<= 500ms\"`")),
        })?;
        return Some(Kind::Latency(*quantile, op, limit));
    }
    Some(match entry.key.as_str() {
        "peer" => {
            let peer = reader.text(value, &at)?;
            if peer != NONE && !peer.starts_with("spiffe://") {
                let help = Some("write `none` or a SPIFFE URI, as `spiffe://cluster.local/ns/NAMESPACE/sa/ACCOUNT`");
                reader.wrong(&value.location, &at, format!("`{peer}` is no identity"), help.map(str::to_owned));
            }
            Kind::Peer((peer != NONE).then_some(peer))
        }
        "attempts-max" => Kind::AttemptsMax(reader.count(value, &at)?),
        "answered-by" => instances::answered_by(reader, value, &at)?,
        "metric" => Kind::Metric(metric::wanted(reader, value, &at)?),
        "adds-up" => Kind::AddsUp(metric::adds_up(reader, value, &at)?),
        "trace" => {
            reader.map(value, &at, &["spans"]);
            let spans = reader.required(value, &at, "spans", "spans: [frontend, backend]")?;
            let services = one_or_many(spans, &below(&at, "spans"));
            Kind::Trace(services.into_iter().filter_map(|(field, node)| reader.text(node, &field)).collect())
        }
        "probes" => {
            reader.word(value, &at, &[("ready", Kind::Probes)].map(|(word, _)| (word, ()))).map(|()| Kind::Probes)?
        }
        "instances" => Kind::Instances(instances::instances(reader, value, &at)?),
        "gate" => {
            Kind::Gate(reader.word(value, &at, &[("held", GateOutcome::Held), ("breached", GateOutcome::Breached)])?)
        }
        _ => {
            let (category, wanted) = shares(reader, entry, &at)?;
            let notice = node
                .get("notice")
                .and_then(|value| reader.parsed(value, &below(field, "notice"), quantity::percentage));
            Kind::Shares { category, wanted, notice }
        }
    })
}

/// A deviation is noticed from an exact share; anything else has none.
fn useful_notice(reader: &mut Reader, notice: &Entry, kind: &Kind, entry: &Entry, at: &str) {
    let (message, help) = match kind {
        Kind::Shares { wanted, .. } if wanted.values().any(|wanted| matches!(wanted, Wanted::Exactly(_))) => return,
        // What is wrong with the shares themselves has been told already.
        Kind::Shares { wanted, .. } if wanted.is_empty() => return,
        Kind::Shares { .. } => {
            ("a bound has no deviation to notice".to_owned(), "leave it out, or write an exact share")
        }
        _ => (format!("it means nothing for `{}`", entry.key), "leave it out; only shares have a deviation to notice"),
    };
    reader.wrong(&notice.location, at, message, Some(help.to_owned()));
}

fn shares(reader: &mut Reader, entry: &Entry, at: &str) -> Option<(Category, BTreeMap<String, Wanted>)> {
    let category = match entry.key.as_str() {
        "share" => Category::Version,
        "success" => Category::Success,
        "one-trace" => Category::OneTrace,
        "status" => Category::Status,
        "failures" => Category::Failure,
        "upstream-error" => Category::UpstreamError,
        "upstream-status" => Category::UpstreamStatus,
        "attempts" => Category::Attempts,
        "faults-injected" => Category::Fault,
        _ => {
            reader.map(&entry.value, at, &["than", "share"]);
            let than = reader.required(&entry.value, at, "than", "than: 1s")?;
            let than = reader.parsed(than, &below(at, "than"), units::duration)?;
            let share = reader.required(&entry.value, at, "share", "share: 50%")?;
            let share = reader.parsed(share, &below(at, "share"), wanted)?;
            return Some((Category::Slower(than), BTreeMap::from([(YES.to_owned(), share)])));
        }
    };
    if matches!(category, Category::Success | Category::OneTrace) {
        let share = reader.parsed(&entry.value, at, wanted)?;
        return Some((category, BTreeMap::from([(YES.to_owned(), share)])));
    }
    if !matches!(entry.value.content, Content::Mapping(_)) && category != Category::Version {
        // `upstream-error: reset` means that all of them are so.
        let class = reader.parsed(&entry.value, at, |text| class(category, text))?;
        return Some((category, BTreeMap::from([(class, Wanted::Exactly(1.0))])));
    }
    let mut all = BTreeMap::new();
    if entry.value.entries().is_empty() {
        let help = Some("write a map, as `{v1: 90%, v2: 10%}`".to_owned());
        reader.wrong(&entry.value.location, at, "this names no share", help);
    }
    for share in entry.value.entries() {
        let field = below(at, &share.key);
        match class(category, &share.key) {
            Ok(class) => {
                if let Some(wanted) = reader.parsed(&share.value, &field, wanted) {
                    all.insert(class, wanted);
                }
            }
            Err(message) => reader.wrong(&share.location, &field, message, None),
        }
    }
    let sum: f64 = all.values().map(|wanted| if let Wanted::Exactly(share) = wanted { *share } else { 0.0 }).sum();
    if sum > 1.0 + 1e-9 && category != Category::Fault {
        let message = format!("the shares add up to {}", quantity::percent(sum));
        reader.wrong(&entry.value.location, at, message, Some("they cannot be more than 100 %".to_owned()));
    }
    Some((category, all))
}

/// A share, or a bound on one.
pub(super) fn wanted(text: &str) -> Result<Wanted, String> {
    match quantity::comparison(text) {
        (Some(op @ (Op::AtLeast | Op::AtMost)), rest) => Ok(Wanted::Bound(op, quantity::percentage(rest)?)),
        (_, rest) => Ok(Wanted::Exactly(quantity::percentage(rest)?)),
    }
}

/// Checks that a class can occur in its category.
pub(super) fn class(category: Category, text: &str) -> Result<String, String> {
    let status = |text: &str| text.parse::<u16>().is_ok_and(|status| (100..600).contains(&status));
    let right = match category {
        Category::Status if text != FAILED && !status(text) => {
            "write a status, as `503`, or `failed` for no HTTP answer"
        }
        Category::UpstreamStatus if text != NONE && !status(text) => "write a status, as `403`, or `none` for no call",
        Category::Attempts if text.parse::<u32>().is_ok_and(|n| n > 0) => return Ok(text.to_owned()),
        Category::Attempts => "write which attempt, as `1`",
        Category::Failure if !FAILURES.contains(&text) => {
            "write one of `refused`, `reset`, `timeout`, `protocol`, or `none` for an answer"
        }
        Category::UpstreamError if !FAILURES.contains(&text) && text != "http" => {
            "write one of `refused`, `reset`, `timeout`, `protocol`, `http`, or `none`"
        }
        Category::Fault => return fault_rules::mode_of_requests(text),
        _ => return Ok(text.to_owned()),
    };
    Err(format!("`{text}` cannot occur in `{}`; {right}", category.word()))
}

/// One probe is of a class or it is not; it has no share.
fn only_one_probe(reader: &mut Reader, kind: &Kind, entry: &Entry, at: &str) {
    let help = match kind {
        Kind::Shares { wanted, .. }
            if wanted
                .values()
                .any(|wanted| !matches!(wanted, Wanted::Exactly(share) if *share == 0.0 || *share == 1.0)) =>
        {
            "write 100% or 0%: each probe is judged on its own"
        }
        Kind::Shares { .. } | Kind::Latency(..) | Kind::Peer(_) => return,
        _ => "a wait can look at shares, latencies and peers",
    };
    reader.wrong(&entry.location, at, "one probe cannot tell this", Some(help.to_owned()));
}
