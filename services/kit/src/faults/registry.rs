//! The rules in force.

use std::{sync::Arc, time::Duration};

use serde::Serialize;

/// How the engine is set up.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Whether a request may bring rules of its own (`--allow-inject`).
    pub allow_inject: bool,
    /// What protects the host.
    pub limits: Limits,
}

/// Caps that protect the host.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many rules may be in force at once.
    pub rules: usize,
    /// How long one request may be delayed, over all rules.
    pub delay: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rules: 256, delay: Duration::from_secs(60) }
    }
}

/// Where a rule came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A flag or environment variable at start.
    Flag,
    /// The control port at run time.
    Control,
}

/// A rule in force, as `GET /faults` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleState {
    /// The rule's id, given or generated.
    pub id: String,
    /// The rule in the fault language.
    pub rule: String,
    /// The rule's mode.
    pub mode: &'static str,
    /// How many requests it matched.
    pub matched: u64,
    /// How many requests it was injected into.
    pub fired: u64,
    /// When it was last injected, in milliseconds since 1970.
    pub last_fired_unix_ms: Option<u64>,
    /// How long it stays in force, in milliseconds.
    pub expires_in_ms: Option<u64>,
    /// Where it came from.
    pub origin: Origin,
}

/// Why rules were not added. None of them was.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct AddError(String);

/// The rules in force. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    settings: Arc<Settings>,
}

impl Registry {
    /// An empty registry: nothing is injected until a rule is added.
    pub fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }

    /// Adds every rule of a text, or none.
    ///
    /// # Errors
    /// A text that is no rule, an id that is taken, a cap: the error's text is for the user, of several lines.
    pub fn add(&self, text: &str, _origin: Origin) -> Result<Vec<RuleState>, AddError> {
        Err(AddError(format!("no rules yet: {text} ({:?})", self.settings)))
    }

    /// The rules in force, in the order in which they were added.
    pub fn list(&self) -> Vec<RuleState> {
        Vec::new()
    }

    /// Why the process must call itself unready: the id of the rule that says so, if one does.
    pub fn unready(&self) -> Option<String> {
        None
    }
}
