//! Inline rules: those that a request carries in `x-meshwalk-inject`.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use http::HeaderMap;
use meshwalk_faults::{INJECT_HEADER, Level, Rule};
use tokio_util::sync::CancellationToken;

use super::{AddError, FaultLimits, FaultSettings};
use crate::faults::{active_rule::ActiveRule, clock, modes};

/// The longest header that is read, in bytes, over all of its lines.
const MAX_TEXT: usize = 4096;

/// How many rules one request may bring.
const MAX_RULES: usize = 16;

/// How many different headers are remembered.
const MAX_CACHED: usize = 256;

/// Why a request's own rules cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(in crate::faults) enum InjectError {
    #[error("the header is {length} bytes long, and {MAX_TEXT} is the most")]
    TooLong { length: usize },
    #[error("the header is not valid text")]
    NoText,
    #[error("{rules} rules in one request, and {MAX_RULES} is the most")]
    TooMany { rules: usize },
    #[error("the rule {rule} {why}; set it by flag or at /faults")]
    NotHere { rule: String, why: String },
    #[error("the id `{0}` appears twice")]
    Twice(String),
    #[error("{0}")]
    Rule(#[from] AddError),
}

/// Inline rules by the text of their header. The cache spares the parser. It also keeps the draws of a seeded rule going
/// from one request to the next: without it, each request would draw the same number.
#[derive(Debug)]
pub(super) struct InjectCache {
    limits: FaultLimits,
    instance: String,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    rules: HashMap<String, Arc<[ActiveRule]>>,
    /// The headers in the order in which they came; the oldest is forgotten first.
    order: VecDeque<String>,
    /// Of all of them, those that have been forgotten too: a request may still wait because of one.
    cancel: CancellationToken,
}

impl InjectCache {
    pub(super) fn new(settings: &FaultSettings) -> Self {
        let known = Known { rules: HashMap::new(), order: VecDeque::new(), cancel: CancellationToken::new() };
        Self { limits: settings.limits, instance: settings.instance.clone(), known: Mutex::new(known) }
    }

    pub(super) fn rules(&self, headers: &HeaderMap) -> Result<Arc<[ActiveRule]>, InjectError> {
        let text = joined(headers)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = known.rules.get(&text) {
            return Ok(Arc::clone(rules));
        }
        let rules = self.read(&text, &known.cancel)?;
        if known.order.len() >= MAX_CACHED
            && let Some(oldest) = known.order.pop_front()
        {
            known.rules.remove(&oldest);
        }
        known.order.push_back(text.clone());
        known.rules.insert(text, Arc::clone(&rules));
        Ok(rules)
    }

    /// Wakes every request that waits because of an inline rule.
    pub(super) fn cancel(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.rules.clear();
        known.order.clear();
        std::mem::replace(&mut known.cancel, CancellationToken::new()).cancel();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.order.len().max(known.rules.len())
    }

    fn read(&self, text: &str, cancel: &CancellationToken) -> Result<Arc<[ActiveRule]>, InjectError> {
        let rules = Rule::parse_all(text).map_err(AddError::from)?;
        if rules.len() > MAX_RULES {
            return Err(InjectError::TooMany { rules: rules.len() });
        }
        modes::check_caps(&rules, self.limits)?;
        let mut active: Vec<ActiveRule> = Vec::with_capacity(rules.len());
        for (position, rule) in rules.into_iter().enumerate() {
            if let Some(why) = unfit(&rule) {
                return Err(InjectError::NotHere { rule: rule.to_string(), why });
            }
            let id = rule.id.clone().unwrap_or_else(|| format!("inject-{}", position + 1));
            if active.iter().any(|other| other.id == id) {
                return Err(InjectError::Twice(id));
            }
            let new = ActiveRule::new(rule, id, None, position as u64, clock::now(), cancel.clone());
            active.push(new.with_instance(&self.instance));
        }
        Ok(active.into())
    }
}

/// Why a rule has no place in a request, if it has none.
fn unfit(rule: &Rule) -> Option<String> {
    let mode = rule.mode.spec();
    if !mode.is_about_requests() {
        return Some("is about the whole process".into());
    }
    if !mode.allows(Level::Request) {
        return Some("is about many requests, and not about one".into());
    }
    rule.key_about_many().map(|key| format!("would outlive its request, because of the key `{key}`"))
}

/// The header's lines as one text.
fn joined(headers: &HeaderMap) -> Result<String, InjectError> {
    let values = || headers.get_all(INJECT_HEADER).iter();
    let length = values().map(|value| value.len() + 1).sum::<usize>().saturating_sub(1);
    if length > MAX_TEXT {
        return Err(InjectError::TooLong { length });
    }
    let lines: Option<Vec<&str>> = values().map(|value| std::str::from_utf8(value.as_bytes()).ok()).collect();
    Ok(lines.ok_or(InjectError::NoText)?.join("|"))
}
