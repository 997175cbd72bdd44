//! `instances`: changes of the instances of Deployments during a step. The check shows whether a rollout replaced the
//! right instances, and only those.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use meshwalk_yaml::Content;

use super::{CheckSpec, Entry, Evidence, Finding, Needs, Reader, Reference, Scope};
use crate::{platform::Instance, reader::below};

/// Expects these changes of the instances of each Deployment, and that all of them are ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instances(pub BTreeMap<String, PodChange>);

/// Change of a Deployment's instances during a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodChange {
    /// All instances were replaced, and their number is unchanged.
    Replaced,
    /// No instance was replaced.
    Kept,
    /// There is this number of instances.
    Count(u32),
}

impl fmt::Display for PodChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replaced => f.write_str("replaced"),
            Self::Kept => f.write_str("kept"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

impl CheckSpec for Instances {
    const WORDS: &'static [&'static str] = &["instances"];
    const SCOPE: Scope = Scope::Step;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        let value = &entry.value;
        if value.entries().is_empty() {
            let help = Some("write a map, as `{backend-v2: replaced}`".to_owned());
            reader.wrong(&value.location, at, "at least one Deployment is needed", help);
            return None;
        }
        let mut fates = BTreeMap::new();
        for entry in value.entries() {
            let field = below(at, &entry.key);
            let fate = match &entry.value.content {
                Content::Number(_) => reader.count(&entry.value, &field).map(PodChange::Count),
                _ => reader.word(&entry.value, &field, &[("replaced", PodChange::Replaced), ("kept", PodChange::Kept)]),
            };
            fates.extend(fate.map(|fate| (entry.key.clone(), fate)));
        }
        Some(Self(fates))
    }

    fn expected(&self) -> String {
        let words: Vec<_> = self.0.iter().map(|(deployment, fate)| format!("{deployment}: {fate}")).collect();
        words.join(", ")
    }

    fn needs(&self, needs: &mut Needs) {
        (needs.instances, needs.instances_before) = (true, true);
    }

    fn references(&self) -> Vec<Reference<'_>> {
        self.0.keys().map(|deployment| Reference::Deployment(deployment)).collect()
    }

    fn decide(&self, evidence: &Evidence, _of: Option<&str>) -> Finding {
        let (before, after) = (&evidence.instances_before, &evidence.instances);
        let (mut observed, mut wrong) = (Vec::new(), Vec::new());
        for (deployment, fate) in &self.0 {
            let (then, now) = (names(before, deployment), names(after, deployment));
            observed.push(format!("{deployment}: {}, then {}", listed(&then), listed(&now)));
            let right = match fate {
                PodChange::Replaced => !then.is_empty() && then.len() == now.len() && then.is_disjoint(&now),
                PodChange::Kept => !then.is_empty() && then == now,
                PodChange::Count(count) => usize::try_from(*count).is_ok_and(|count| count == now.len()),
            };
            if !right {
                wrong.push(match fate {
                    PodChange::Replaced if !then.is_disjoint(&now) => {
                        format!("{deployment} still has instances from before")
                    }
                    PodChange::Replaced => format!("{deployment} had {} instances and has {}", then.len(), now.len()),
                    PodChange::Kept => format!("the instances of {deployment} are not those from before"),
                    PodChange::Count(count) => format!("{deployment} has {} instances, and not {count}", now.len()),
                });
            }
            let unready = after.iter().filter(|instance| instance.workload == *deployment && !instance.ready);
            wrong.extend(unready.map(|instance| format!("{} is not ready", instance.name)));
        }
        let observed = observed.join("; ");
        if wrong.is_empty() {
            Finding::holds(observed, "by the names of the instances before the step's changes and after its traffic")
        } else {
            Finding::fails(observed, wrong.join("; "))
        }
    }
}

fn names<'a>(instances: &'a [Instance], deployment: &str) -> BTreeSet<&'a str> {
    let its = instances.iter().filter(|instance| instance.workload == deployment);
    its.map(|instance| instance.name.as_str()).collect()
}

fn listed(names: &BTreeSet<&str>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().copied().collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Status;

    fn pods(names: &[&str]) -> Vec<Instance> {
        let pod = |name: &&str| Instance {
            name: (*name).to_owned(),
            workload: "backend-v2".to_owned(),
            service: "backend".to_owned(),
            version: None,
            ready: !name.ends_with("unready"),
        };
        names.iter().map(pod).collect()
    }

    fn holds(fate: PodChange, before: &[&str], after: &[&str]) -> bool {
        let fates = BTreeMap::from([("backend-v2".to_owned(), fate)]);
        let evidence = Evidence { instances_before: pods(before), instances: pods(after), ..Evidence::default() };
        Instances(fates).decide(&evidence, None).status == Status::Passed
    }

    #[test]
    fn replaced_means_that_none_is_left_and_as_many_others_are_ready() {
        assert!(holds(PodChange::Replaced, &["a", "b"], &["c", "d"]));
        for after in [&["a", "b"][..], &["b", "c"], &["c"], &["c", "d-unready"], &[]] {
            assert!(!holds(PodChange::Replaced, &["a", "b"], after), "{after:?}");
        }
        assert!(!holds(PodChange::Replaced, &[], &[]));
    }

    #[test]
    fn kept_means_the_same_ones_and_a_count_means_so_many() {
        assert!(holds(PodChange::Kept, &["a", "b"], &["b", "a"]));
        assert!(!holds(PodChange::Kept, &["a"], &["b"]) && !holds(PodChange::Kept, &[], &[]));
        assert!(holds(PodChange::Count(1), &["a", "b"], &["a"]));
        assert!(!holds(PodChange::Count(1), &["a"], &["a", "b"]));
    }
}
