//! A change of the faults of several instances at once: all of them make it, or none does.

use std::fmt;

use super::{Action, FaultChange, FaultRule, Instance, Platform, PlatformError};

/// The rules that an instance has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RulesOf {
    /// The instance.
    pub instance: String,
    /// Its rules.
    pub rules: Vec<FaultRule>,
}

/// Why rules are not in force everywhere; then they are in force nowhere, unless it says so.
#[derive(Debug)]
pub struct NotEverywhere {
    /// What the instance said that did not take them.
    pub why: PlatformError,
    /// The instances that had taken them, and do not have them any more.
    pub taken_back: Vec<String>,
    /// The instances that could not be freed of them again: name, id of the rule, and why.
    pub left: Vec<(String, String, PlatformError)>,
}

impl std::error::Error for NotEverywhere {}

impl fmt::Display for NotEverywhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.why)?;
        match self.taken_back.as_slice() {
            [] if self.left.is_empty() => write!(f, "\nno instance had taken it before")?,
            [] => {}
            names => write!(f, "\ntaken back from {}", names.join(", "))?,
        }
        for (instance, id, why) in &self.left {
            write!(f, "\nthe rule {id} is still in force at {instance}: {why}")?;
        }
        Ok(())
    }
}

/// Makes a change at one instance; its command is shown before.
///
/// # Errors
/// If the instance refuses it or cannot be reached.
pub async fn change(
    platform: &dyn Platform,
    instance: &str,
    change: FaultChange<'_>,
    show: &dyn Fn(&str),
) -> Result<Vec<FaultRule>, PlatformError> {
    show(&platform.command(&Action::Faults(instance, change)).await?);
    platform.change_faults(instance, change).await
}

/// Adds rules to all of these instances. Where one does not take them, those that did are freed of them again.
///
/// # Errors
/// What that instance said, and what was taken back.
pub async fn add(
    platform: &dyn Platform,
    instances: &[Instance],
    rules: &str,
    show: &dyn Fn(&str),
) -> Result<Vec<RulesOf>, NotEverywhere> {
    let nowhere = |why| NotEverywhere { why, taken_back: Vec::new(), left: Vec::new() };
    // Whoever cannot be reached at all is found before anything has changed.
    all_rules(platform, instances).await.map_err(nowhere)?;
    let mut added = Vec::<RulesOf>::new();
    for instance in instances {
        match change(platform, &instance.name, FaultChange::Add(rules), show).await {
            Ok(rules) => added.push(RulesOf { instance: instance.name.clone(), rules }),
            Err(why) => {
                let mut failed = nowhere(why);
                take_back(platform, &added, show, &mut failed).await;
                return Err(failed);
            }
        }
    }
    Ok(added)
}

async fn take_back(platform: &dyn Platform, added: &[RulesOf], show: &dyn Fn(&str), failed: &mut NotEverywhere) {
    for RulesOf { instance, rules } in added {
        let left = failed.left.len();
        for rule in rules {
            if let Err(why) = change(platform, instance, FaultChange::Remove(&rule.id), show).await {
                failed.left.push((instance.clone(), rule.id.clone(), why));
            }
        }
        if failed.left.len() == left {
            failed.taken_back.push(instance.clone());
        }
    }
}

/// The rules of all of these instances.
///
/// # Errors
/// If one of them cannot be asked.
pub async fn all_rules(platform: &dyn Platform, instances: &[Instance]) -> Result<Vec<RulesOf>, PlatformError> {
    let mut all = Vec::new();
    for instance in instances {
        all.push(RulesOf { instance: instance.name.clone(), rules: platform.faults(&instance.name).await? });
    }
    Ok(all)
}
