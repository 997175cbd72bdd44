//! The Deployments that labs name are among those of the workload.

use meshwalk_mesh::{
    problem::{Place, Problem, Problems},
    resources::Resources,
    yaml::nearest,
};

use super::{Actions, Check, Kind, Lab, Step};

/// Says which of the Deployments that a lab restarts, scales or looks at are not there.
pub(super) fn known(state: &Resources, lab: &Lab) -> Result<(), Problems> {
    let mut named = Vec::new();
    actions(&lab.start, "start", &mut named);
    for (index, step) in lab.steps.iter().enumerate() {
        of_step(step, &format!("steps[{index}]"), &mut named);
    }
    let names: Vec<_> = state.deployments.keys().map(|key| key.name.as_str()).collect();
    let unknown: Vec<_> = named
        .into_iter()
        .filter(|(name, ..)| !names.contains(name))
        .map(|(name, place, field)| {
            let remedy = nearest(name, names.iter().copied()).map_or_else(
                || format!("write one of {}", names.join(", ")),
                |similar| format!("did you mean `{similar}`?"),
            );
            Problem::new(format!("k8s/base has no Deployment {name}")).at(place).field(&field).remedy(remedy)
        })
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Problems(unknown)) }
}

/// A Deployment's name, where it is named, under which field.
type Named<'a> = (&'a str, &'a Place, String);

fn of_step<'a>(step: &'a Step, field: &str, named: &mut Vec<Named<'a>>) {
    actions(&step.actions, field, named);
    if let Some(during) = &step.during {
        actions(during, &format!("{field}.during"), named);
    }
    if let Some(gate) = &step.gate {
        actions(&gate.rollback, &format!("{field}.gate.rollback"), named);
        checks(&gate.checks, &format!("{field}.gate.checks"), named);
    }
    checks(&step.expect, &format!("{field}.expect"), named);
}

fn actions<'a>(actions: &'a Actions, field: &str, named: &mut Vec<Named<'a>>) {
    named.extend(actions.scale.iter().map(|scale| (scale.deployment.as_str(), &scale.place, format!("{field}.scale"))));
    let restarts = actions.restart.iter();
    named.extend(restarts.map(|restart| (restart.deployment.as_str(), &restart.place, format!("{field}.restart"))));
}

fn checks<'a>(checks: &'a [Check], field: &str, named: &mut Vec<Named<'a>>) {
    for check in checks {
        let Kind::Instances(fates) = &check.kind else { continue };
        named.extend(fates.keys().map(|name| (name.as_str(), &check.place, format!("{field}.instances"))));
    }
}
