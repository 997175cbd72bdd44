//! Changes the faults of several instances: all of them change, or none does.

use std::fmt;

use super::{Action, FaultChange, FaultRule, Instance, Platform, PlatformError};

/// Fault rules of one instance.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RulesOf {
    /// Instance that has the rules.
    pub instance: String,
    /// Rules of the instance.
    pub rules: Vec<FaultRule>,
}

/// Error of a change to several instances. The rules are active on no instance, except those it names.
#[derive(Debug)]
pub struct PartialChange {
    /// Error of the instance that rejected the rules.
    pub why: PlatformError,
    /// Instances that had accepted the rules, and from which the rules were removed again.
    pub removed_from: Vec<String>,
    /// Instances from which the rules could not be removed: name, rule ID and reason.
    pub left: Vec<(String, String, PlatformError)>,
}

impl std::error::Error for PartialChange {}

impl fmt::Display for PartialChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.why)?;
        match self.removed_from.as_slice() {
            [] if self.left.is_empty() => write!(f, "\nno instance had applied it before")?,
            [] => {}
            names => write!(f, "\nremoved again from {}", names.join(", "))?,
        }
        for (instance, id, why) in &self.left {
            write!(f, "\nthe rule {id} is still active at {instance}: {why}")?;
        }
        Ok(())
    }
}

/// Changes the rules of one instance, and prints the equivalent command first.
///
/// # Errors
/// Fails if the instance rejects the change or cannot be reached.
pub async fn change(
    platform: &dyn Platform,
    instance: &str,
    change: FaultChange<'_>,
    show: &dyn Fn(&str),
) -> Result<Vec<FaultRule>, PlatformError> {
    show(&platform.command(&Action::Faults(instance, change)).await?);
    platform.change_faults(instance, change).await
}

/// Adds rules to all of these instances. If one rejects them, they are removed from the others again.
///
/// # Errors
/// Returns the error of that instance, and the instances from which the rules were removed.
pub async fn add(
    platform: &dyn Platform,
    instances: &[Instance],
    rules: &str,
    show: &dyn Fn(&str),
) -> Result<Vec<RulesOf>, PartialChange> {
    let nowhere = |why| PartialChange { why, removed_from: Vec::new(), left: Vec::new() };
    // Contact every instance before changing any, to find those that cannot be reached.
    all_rules(platform, instances).await.map_err(nowhere)?;
    let mut added = Vec::<RulesOf>::new();
    for instance in instances {
        match change(platform, &instance.name, FaultChange::Add(rules), show).await {
            Ok(rules) => added.push(RulesOf { instance: instance.name.clone(), rules }),
            Err(why) => {
                let mut failed = nowhere(why);
                remove_added(platform, &added, show, &mut failed).await;
                return Err(failed);
            }
        }
    }
    Ok(added)
}

async fn remove_added(platform: &dyn Platform, added: &[RulesOf], show: &dyn Fn(&str), failed: &mut PartialChange) {
    for RulesOf { instance, rules } in added {
        let left = failed.left.len();
        for rule in rules {
            if let Err(why) = change(platform, instance, FaultChange::Remove(&rule.id), show).await {
                failed.left.push((instance.clone(), rule.id.clone(), why));
            }
        }
        if failed.left.len() == left {
            failed.removed_from.push(instance.clone());
        }
    }
}

/// Returns the rules of all of these instances.
///
/// # Errors
/// Fails if an instance cannot be reached.
pub async fn all_rules(platform: &dyn Platform, instances: &[Instance]) -> Result<Vec<RulesOf>, PlatformError> {
    let mut all = Vec::new();
    for instance in instances {
        all.push(RulesOf { instance: instance.name.clone(), rules: platform.faults(&instance.name).await? });
    }
    Ok(all)
}
