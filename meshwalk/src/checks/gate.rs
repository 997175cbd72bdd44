//! `gate`: the outcome of the step's gate.

use super::{CheckSpec, Entry, Evidence, Finding, Reader, Scope, StepFacts};

/// Outcome of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GateOutcome {
    /// Every check of the gate passed.
    Held,
    /// A check of the gate failed, and the rollback was done.
    Breached,
}

impl CheckSpec for GateOutcome {
    const WORDS: &'static [&'static str] = &["gate"];
    const SCOPE: Scope = Scope::Step;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        reader.word(&entry.value, at, &[("held", Self::Held), ("breached", Self::Breached)])
    }

    fn expected(&self) -> String {
        let outcome = match self {
            Self::Held => "held",
            Self::Breached => "breached, rolled back",
        };
        outcome.to_owned()
    }

    fn check_step(&self, step: &StepFacts) -> Result<(), (String, &'static str)> {
        if step.in_gate {
            return Err(("a gate cannot look at itself".to_owned(), "move it to `expect`"));
        }
        if !step.has_gate {
            return Err(("the step has no gate".to_owned(), "add a `gate` with `checks` and a `rollback`"));
        }
        Ok(())
    }

    fn decide(&self, evidence: &Evidence, _of: Option<&str>) -> Finding {
        let Some(outcome) = evidence.gate else { return Finding::fails("nothing", "the gate was not reached") };
        let observed = outcome.expected();
        let why = match (self, outcome) {
            (Self::Held, Self::Held) => "every check of the gate held",
            (Self::Breached, Self::Breached) => "a check of the gate failed, and the rollback was done at once",
            (Self::Held, Self::Breached) => {
                "a check of the gate failed (see the gate's checks), so the rollback was done"
            }
            (Self::Breached, Self::Held) => {
                "the gate let through what it was expected to stop: every one of its checks held (see the gate's \
                 checks)"
            }
        };
        if *self == outcome { Finding::holds(observed, why) } else { Finding::fails(observed, why) }
    }
}
