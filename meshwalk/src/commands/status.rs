//! `meshwalk status`: shows workloads, addresses, and fields without effect on one machine.

use std::{collections::BTreeMap, process::ExitCode};

use meshwalk_mesh::{
    control::types::{InstanceStatus, Status},
    manifest::WithoutEffect,
};

use super::{mesh_name::MeshName, table::table};
use crate::cli;

/// Arguments of `meshwalk status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: MeshName,
    /// Print all data as JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Prints the status.
///
/// # Errors
/// Fails if the mesh does not run.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let status = args.mesh.client().status().await?;
    let text = if args.json { serde_json::to_string_pretty(&status)? } else { show(&status) };
    cli::print(&text);
    Ok(ExitCode::SUCCESS)
}

fn show(status: &Status) -> String {
    let mut text = format!(
        "mesh {} on {}, Envoy {}, configuration {}\n\n",
        status.name, status.network, status.envoy_version, status.config_version
    );
    let heading = ["POD", "VERSION", "ADDRESS", "SIDECAR", "READY", "RESTARTS", "CONFIG", "CERTIFICATE UNTIL"];
    let lines: Vec<Vec<String>> = status.instances.iter().map(line).collect();
    text.push_str(&table(&heading, &lines));
    text.push_str(&format!("\n{}", addresses(status)));
    text.push_str(&without_effect(status));
    text
}

fn line(instance: &InstanceStatus) -> Vec<String> {
    let yes = |value: bool| if value { "yes" } else { "no" }.to_owned();
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    vec![
        format!("{}/{}", instance.namespace, instance.name),
        or_dash(instance.version.clone()),
        instance.address.to_string(),
        yes(instance.sidecar),
        yes(instance.ready),
        instance.restarts.to_string(),
        or_dash(instance.config_version.map(|version| version.to_string())),
        or_dash(instance.certificate_expires.clone()),
    ]
}

/// Lists the addresses to open. `meshwalk up` prints them too.
pub(super) fn addresses(status: &Status) -> String {
    let addresses = &status.addresses;
    format!(
        "page       {}\ngateway    http://{} (Host: meshwalk.localhost)\nmetrics    {} (the gateway's; every pod has its own)\ntraces     {} (OTLP over HTTP); `meshwalk trace` lists them\nlogs       {}\n",
        addresses.page,
        addresses.gateway,
        addresses.metrics,
        addresses.collector,
        addresses.logs.display()
    )
}

/// Formats one line per field and reason, with the resources in which the field occurs.
fn without_effect(status: &Status) -> String {
    if status.without_effect.is_empty() {
        return String::new();
    }
    let mut fields: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for field in &status.without_effect {
        *fields.entry((name(field), &field.reason)).or_default() += 1;
    }
    let lines: Vec<Vec<String>> =
        fields.into_iter().map(|((field, reason), count)| vec![field, count.to_string(), reason.to_owned()]).collect();
    format!("\nwithout effect on one machine:\n{}", table(&["FIELD", "TIMES", "WHY"], &lines))
}

/// Returns the field, or the kind of a resource that has no effect at all.
fn name(ignored: &WithoutEffect) -> String {
    match (ignored.field.as_str(), ignored.resource.split_once(' ')) {
        ("*", Some((kind, _))) => format!("{kind} (all of it)"),
        (field, _) => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_that_does_nothing_as_a_whole_is_named_by_its_kind() {
        let ignored = |field: &str| WithoutEffect {
            resource: "ConfigMap meshwalk/settings".to_owned(),
            field: field.to_owned(),
            reason: String::new(),
        };
        assert_eq!(name(&ignored("*")), "ConfigMap (all of it)");
        assert_eq!(name(&ignored("spec.strategy")), "spec.strategy");
    }
}
