//! Which rules come into force, and under which id.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use meshwalk_faults::{ByteCount, Cores, Level, ParseError, Rule, Written};
use tokio_util::sync::CancellationToken;

use super::{FaultLimits, Origin, Registry, RuleState, Shared};
use crate::faults::{active_rule::ActiveRule, clock, modes};

/// Why rules were not added. None of them was.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AddError {
    /// The text is not a rule.
    #[error("{0}")]
    Parse(#[from] ParseError),
    /// There is nothing in the text.
    #[error("there is no rule in the text; write one per line, as in error=503@30%")]
    Empty,
    /// The id names another rule.
    #[error("the id `{id}` is taken by the rule {by}; choose another, or delete that rule first")]
    Taken {
        /// The id.
        id: String,
        /// The rule that has it.
        by: String,
    },
    /// There would be too many rules.
    #[error("{rules} rules would be active, and the limit is {limit}; delete some first")]
    TooMany {
        /// How many there would be.
        rules: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A rule has no meaning where it is used.
    #[error("the rule {rule} means nothing once the process runs; set it by --fault or MESHWALK_FAULT")]
    OnlyAtStart {
        /// The rule.
        rule: String,
    },
    /// A rule is about the calls to an upstream that is not called.
    #[error("the rule {rule} is about calls that this service does not make; {}", none_or(.upstreams))]
    NoUpstream {
        /// The rule.
        rule: String,
        /// The upstreams that there are, joined by commas.
        upstreams: String,
    },
    /// A rule would use up too much of the host.
    #[error("the rule {rule} asks for {asked}, and {limit} is the most ({flag}); ask for less, or allow more")]
    TooMuch {
        /// The rule.
        rule: String,
        /// What it asks for.
        asked: Cores,
        /// What all rules together may have.
        limit: Cores,
        /// The flag that says so.
        flag: &'static str,
    },
    /// A rule would make answers too large.
    #[error("the rule {rule} makes answers larger than {} (--fault-max-size); ask for less, or allow more", ByteCount(*.limit))]
    TooLarge {
        /// The rule.
        rule: String,
        /// The most that is allowed, in bytes.
        limit: u64,
    },
    /// A rule would delay requests for too long.
    #[error("the rule {rule} delays by {reach} {}, and {} is the most; shorten it", Written(*.delay), Written(*.limit))]
    TooSlow {
        /// The rule.
        rule: String,
        /// `up to`, or `about` for a distribution that has no end.
        reach: &'static str,
        /// Its longest delay, or the middle of them.
        delay: Duration,
        /// The longest allowed one.
        limit: Duration,
    },
}

fn none_or(upstreams: &str) -> String {
    if upstreams.is_empty() { "it has no upstream".into() } else { format!("its upstreams: {upstreams}") }
}

impl Registry {
    /// Adds every rule of a text, or none.
    ///
    /// # Errors
    /// The text is not a rule, an id is taken, or a cap is exceeded. The message is for the user and has several lines.
    pub fn add(&self, text: &str, origin: Origin) -> Result<Vec<RuleState>, AddError> {
        self.take_up(text, origin, false)
    }

    /// Puts every rule of a text into force in place of all that are, or changes nothing. No request meets a moment
    /// without rules.
    ///
    /// # Errors
    /// As [`Registry::add`].
    pub fn replace(&self, text: &str, origin: Origin) -> Result<Vec<RuleState>, AddError> {
        self.take_up(text, origin, true)
    }

    fn take_up(&self, text: &str, origin: Origin, alone: bool) -> Result<Vec<RuleState>, AddError> {
        let settings = &self.shared.settings;
        let rules = read(text, origin, settings.limits)?;
        check_upstreams(&rules, &settings.upstreams)?;
        let now = clock::now();
        self.change(now, |live| {
            let beside: &[Arc<ActiveRule>] = if alone { &[] } else { &*live };
            let added = self.admit(&rules, origin, beside, now)?;
            let states = added.iter().map(|active| active.state(origin, now)).collect();
            if alone {
                live.clear();
            }
            live.extend(added);
            Ok(states)
        })
    }

    /// Adds rules to the active ones. No generated id is used twice in a process, so a line of the log
    /// always means one rule.
    fn admit(
        &self,
        rules: &[Rule],
        origin: Origin,
        live: &[Arc<ActiveRule>],
        now: Instant,
    ) -> Result<Vec<Arc<ActiveRule>>, AddError> {
        let Shared { settings, numbered, series, .. } = &*self.shared;
        let total = live.len() + rules.len();
        if total > settings.limits.rules {
            return Err(AddError::TooMany { rules: total, limit: settings.limits.rules });
        }
        let given: Vec<&str> = rules.iter().filter_map(|rule| rule.id.as_deref()).collect();
        let mut added: Vec<Arc<ActiveRule>> = Vec::with_capacity(rules.len());
        for rule in rules {
            let others = || live.iter().chain(&added);
            let id = match &rule.id {
                Some(id) => match others().find(|other| other.id == *id) {
                    Some(other) => return Err(AddError::Taken { id: id.clone(), by: other.text.clone() }),
                    None => id.clone(),
                },
                None => loop {
                    let id = format!("r{}", numbered.fetch_add(1, Ordering::Relaxed) + 1);
                    if !given.contains(&id.as_str()) && others().all(|other| other.id != id) {
                        break id;
                    }
                },
            };
            let text = rule.to_string();
            let ordinal = others().filter(|other| other.text == text).count() as u64;
            let active =
                ActiveRule::new(rule.clone(), id, Some((origin, series)), ordinal, now, CancellationToken::new());
            added.push(Arc::new(active.with_instance(&settings.instance)));
        }
        Ok(added)
    }
}

/// Reads the rules of a text that may come into force at all.
fn read(text: &str, origin: Origin, limits: FaultLimits) -> Result<Vec<Rule>, AddError> {
    let rules = Rule::parse_all(text)?;
    if rules.is_empty() {
        return Err(AddError::Empty);
    }
    let level = if origin == Origin::Flag { Level::Start } else { Level::RunTime };
    if let Some(rule) = rules.iter().find(|rule| !rule.mode.spec().allows(level)) {
        return Err(AddError::OnlyAtStart { rule: rule.to_string() });
    }
    modes::check_caps(&rules, limits)?;
    Ok(rules)
}

/// Refuses rules about calls that are never made: a fault that cannot happen looks like one that does no harm.
fn check_upstreams(rules: &[Rule], upstreams: &[String]) -> Result<(), AddError> {
    let is_nobody = |rule: &&Rule| {
        let about = rule.scope.upstream.as_ref();
        about.is_some_and(|glob| !upstreams.iter().any(|name| glob.matches(name.as_bytes())))
    };
    match rules.iter().find(is_nobody) {
        None => Ok(()),
        Some(rule) => Err(AddError::NoUpstream { rule: rule.to_string(), upstreams: upstreams.join(", ") }),
    }
}
