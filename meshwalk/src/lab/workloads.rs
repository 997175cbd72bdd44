//! Checks that the Deployments, services and versions that labs name exist.

use meshwalk_mesh::resources::Resources;
use meshwalk_yaml::{Diagnostic, Diagnostics, Location};

use super::{Actions, Check, Lab, Step};
use crate::{
    checks::Reference,
    platform::{Instance, InstanceSelector},
    reader::did_you_mean,
};

/// Reports the Deployments that a lab restarts, scales or checks and that do not exist.
pub(super) fn known(state: &Resources, lab: &Lab) -> Result<(), Diagnostics> {
    let mut named = Vec::new();
    actions(&lab.start, "start", &mut named);
    for (index, step) in lab.steps.iter().enumerate() {
        of_step(step, &format!("steps[{index}]"), &mut named);
    }
    let names: Vec<_> = state.deployments.keys().map(|key| key.name.as_str()).collect();
    let unknown: Vec<_> = named
        .into_iter()
        .filter(|(name, ..)| !names.contains(name))
        .map(|(name, location, field)| {
            let help = did_you_mean(name, &names, || format!("write one of {}", names.join(", ")));
            Diagnostic::new(format!("k8s/base has no Deployment {name}")).at(location).field(&field).help(help)
        })
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Diagnostics(unknown)) }
}

/// Reports the faults of a lab that would match no instance of their service or version. `state` is the active state at
/// that time, because a lab may apply workloads.
pub(super) fn have_faults(state: &Resources, actions: &Actions, field: &str) -> Result<(), Diagnostics> {
    let instances: Vec<_> = state
        .deployments
        .iter()
        .filter_map(|(key, deployment)| {
            let labels = &deployment.spec.template.metadata.labels;
            Some(Instance {
                name: key.name.clone(),
                workload: key.name.clone(),
                service: labels.get("app")?.clone(),
                version: labels.get("version").cloned(),
                ready: true,
            })
        })
        .collect();
    // The names and the number of pods are only known when the lab runs.
    let unmatched = actions.faults.iter().enumerate().filter_map(|(index, faults)| {
        let instance_selector = InstanceSelector {
            service: &faults.service,
            version: faults.version.as_deref(),
            instance: None,
            count: None,
        };
        let message = instance_selector.of(&instances).err()?;
        Some(Diagnostic::new(message).at(&faults.location).field(format!("{field}.faults[{index}]")))
    });
    let unmatched: Vec<_> = unmatched.collect();
    if unmatched.is_empty() { Ok(()) } else { Err(Diagnostics(unmatched)) }
}

/// Name of a Deployment, with the location and the field in which it is named.
type DeploymentRef<'a> = (&'a str, &'a Location, String);

fn of_step<'a>(step: &'a Step, field: &str, named: &mut Vec<DeploymentRef<'a>>) {
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

fn actions<'a>(actions: &'a Actions, field: &str, named: &mut Vec<DeploymentRef<'a>>) {
    named.extend(
        actions.scale.iter().map(|scale| (scale.deployment.as_str(), &scale.location, format!("{field}.scale"))),
    );
    let restarts = actions.restart.iter();
    named.extend(restarts.map(|restart| (restart.deployment.as_str(), &restart.location, format!("{field}.restart"))));
}

fn checks<'a>(checks: &'a [Check], field: &str, named: &mut Vec<DeploymentRef<'a>>) {
    for check in checks {
        for reference in check.kind.references() {
            if let Reference::Deployment(name) = reference {
                named.push((name, &check.location, format!("{field}.{}", check.kind.name())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::lab::{files, read};

    const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

    /// Returns the problems of a lab with one step that has these actions.
    fn diagnostics(actions: &str) -> String {
        let text = format!(
            "lab: test\ntitle: Test\nsteps:\n  - title: One\n{actions}    \
             traffic: {{from: gateway, rate: 100/s, for: 1s}}\n    expect: {{success: 100%}}\n"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("1-test.yaml");
        std::fs::write(&file, text).unwrap();
        let (lab, _) = read(&file).unwrap();
        let told = files::rehearse(Path::new(PROJECT), &lab).err().map_or_else(String::new, |told| told.to_string());
        told.replace(&format!("{}/", folder.path().display()), "")
    }

    #[test]
    fn faults_and_changes_of_what_is_not_there_are_told_before_a_lab_starts() {
        let cases = [
            ("faults: {service: backend, version: v2, rules: unready}", ""),
            (
                "faults: {service: bakend, rules: unready}",
                "steps[0].faults[0]: no instance belongs to a service `bakend`; did you mean `backend`?",
            ),
            (
                "faults: {service: backend, version: v3, rules: unready}",
                "steps[0].faults[0]: no instance of backend is of version `v3`; there are v1, v2",
            ),
            ("during: {restart: backend-v3}", "k8s/base has no Deployment backend-v3; did you mean"),
        ];
        for (actions, wanted) in cases {
            let told = diagnostics(&format!("    {actions}\n"));
            assert!(told.contains(wanted) && wanted.is_empty() == told.is_empty(), "{actions}: {told}");
            assert!(told.is_empty() || told.starts_with("1-test.yaml:5:"), "{told}");
        }
    }

    #[test]
    fn a_service_that_the_lab_itself_brings_may_have_faults() {
        let inventory = "    faults: {service: inventory, rules: unready}\n";
        assert!(diagnostics(inventory).contains("no instance belongs to a service `inventory`"));
        assert_eq!(diagnostics(&format!("    apply: k8s/chain/inventory.yaml\n{inventory}")), "");
    }
}
