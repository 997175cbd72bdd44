//! `answered-by`: the number of instances that answered. Load balancing is not purely random, so the share of an
//! instance only has a bound.

use std::collections::BTreeMap;

use meshwalk_yaml::Content;

use super::{CheckSpec, Entry, Evidence, Finding, Reader, Scope, expected_share::ExpectedShare};
use crate::{
    quantity::{Op, percent},
    reader::below,
    traffic::Outcome,
};

/// Expects answers from this number of instances of the counted service, and a bound on the share of each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnsweredBy(pub u32, pub Option<(Op, f64)>);

impl CheckSpec for AnsweredBy {
    const WORDS: &'static [&'static str] = &["answered-by"];
    const SCOPE: Scope = Scope::Traffic;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        let node = &entry.value;
        if !matches!(node.content, Content::Mapping(_)) {
            return Some(Self(reader.count(node, at)?, None));
        }
        reader.map(node, at, &["instances", "each"]);
        let count = reader.required(node, at, "instances", "instances: 2")?;
        let count = reader.count(count, &below(at, "instances"))?;
        let bound = |text: &str| match ExpectedShare::parse(text)? {
            ExpectedShare::Bound(op, share) => Ok((op, share)),
            ExpectedShare::Exactly(_) => {
                Err(format!("`{text}` is not a valid bound; write `<=` or `>=` and a share, as `\">= 20%\"`"))
            }
        };
        let each = node.get("each").map(|node| reader.parsed(node, &below(at, "each"), bound));
        Some(Self(count, each.flatten()))
    }

    fn expected(&self) -> String {
        let Self(count, each) = *self;
        let instances = if count == 1 { "one instance".to_owned() } else { format!("{count} instances") };
        each.map_or_else(|| instances.clone(), |(op, share)| format!("{instances}, each with {op} {}", percent(share)))
    }

    #[allow(clippy::cast_precision_loss)]
    fn decide(&self, evidence: &Evidence, of: Option<&str>) -> Finding {
        let Self(count, each) = *self;
        let mut answers = BTreeMap::<&str, u64>::new();
        for request in evidence.requests(of) {
            if let Outcome::Answer(answer) = request.outcome
                && let Some(instance) = &answer.instance
            {
                *answers.entry(instance).or_default() += request.count;
            }
        }
        let total: u64 = answers.values().sum();
        if total == 0 {
            return Finding::fails("no answer with an instance", "no answer names the instance that it came from");
        }
        let share = |count: u64| count as f64 / total as f64;
        let observed: Vec<_> = answers.iter().map(|(name, n)| format!("{name} {} ({n})", percent(share(*n)))).collect();
        let observed = observed.join(", ");
        let mut why = Vec::new();
        if u32::try_from(answers.len()).ok() != Some(count) {
            why.push(format!("{} instances answered, {count} were expected", answers.len()));
        }
        if let Some((op, limit)) = each {
            let beyond = answers.iter().filter(|(_, n)| !op.holds(share(**n), limit, 0.0));
            why.extend(
                beyond.map(|(name, n)| {
                    format!("{name} gave {n} of {total} answers, {op} {} was expected", percent(limit))
                }),
            );
        }
        if why.is_empty() {
            return Finding::holds(observed, format!("over {total} answers that name their instance"));
        }
        Finding::fails(observed, why.join("; "))
    }
}
