//! What became of the instances of Deployments over a step: whether a rollout really happened, and left alone the others.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::{lab::PodChange, platform::Instance};

/// What is expected, in words.
pub(super) fn expected(fates: &BTreeMap<String, PodChange>) -> String {
    let words: Vec<_> = fates.iter().map(|(deployment, fate)| format!("{deployment}: {fate}")).collect();
    words.join(", ")
}

/// Compares the instances before the step's changes with those after its traffic.
pub(super) fn decide(fates: &BTreeMap<String, PodChange>, before: &[Instance], after: &[Instance]) -> Finding {
    let (mut observed, mut wrong) = (Vec::new(), Vec::new());
    for (deployment, fate) in fates {
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
        decide(&fates, &pods(before), &pods(after)).result.is_ok()
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
