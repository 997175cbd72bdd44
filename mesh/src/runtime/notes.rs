//! What a change did, in words that say why.

use std::collections::BTreeSet;

use super::desired::Wanted;
use crate::resources::{Key, WithoutEffect};

/// A line for each pod that came or goes. Whoever changed one Deployment and sees a pod of another one replaced is
/// told why.
pub(super) fn of_pods(
    running: &[Wanted],
    new: &[&Wanted],
    going: &BTreeSet<String>,
    anew: &BTreeSet<Key>,
) -> Vec<String> {
    let told_anew = |pod: &Wanted| {
        let same = |old: &&Wanted| going.contains(&old.name) && old.plan.is_same_pod(&pod.plan);
        !anew.contains(&pod.plan.workload) && running.iter().find(same).is_some_and(|old| old.connect != pod.connect)
    };
    let start = |pod: &&Wanted| match told_anew(pod) {
        true => format!("pod {} was started: without a sidecar, it has to be told of the other pods", pod.name),
        false => format!("pod {} was started", pod.name),
    };
    let end = going.iter().map(|pod| format!("pod {pod} gets no more requests and ends"));
    new.iter().map(start).chain(end).collect()
}

/// A line for each resource that was read and does nothing here.
pub(super) fn of_ignored(without_effect: &[WithoutEffect]) -> Vec<String> {
    let whole = without_effect.iter().filter(|ignored| ignored.field == "*");
    whole.map(|ignored| format!("{} has no effect here: {}", ignored.resource, ignored.reason)).collect()
}
