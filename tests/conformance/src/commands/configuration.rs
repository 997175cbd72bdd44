//! Compares the proxies' configuration on both meshes for the same resources.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::bail;
use meshwalk::cli::{eprint_progress, print};
use meshwalk_conformance::{
    configuration::{self, ConfigDifferences, Fields, Proxy},
    intended_differences::IntendedDifferences,
    names, project,
    test_mesh::{ApplyResult, Cluster, Local, TestMesh},
};

/// Time limit for a cluster's proxies to load the resources.
const ARRIVAL: Duration = Duration::from_secs(60);

/// Arguments of `configuration`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Context of kubectl.
    #[arg(long)]
    context: Option<String>,
    /// Namespace to create for the workload; a second one has the suffix `-other`.
    #[arg(long, default_value = names::NAMESPACE)]
    namespace: String,
    /// Write the fields of both meshes to this folder.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

/// Compares the configurations. Returns true if there are only intended differences.
///
/// # Errors
/// Fails if a mesh does not start, rejects the resources, or cannot be reached.
pub(crate) async fn run(args: &Args) -> anyhow::Result<bool> {
    let intended = IntendedDifferences::read(&project().join("tests/conformance/intended.yaml"))?;
    let program = std::env::current_exe()?;
    let local = TestMesh::Local(Box::new(Local::up(program.parent().unwrap_or(Path::new("."))).await?));
    let here = of_local(&local).await;
    local.end().await?;
    let here = here?;
    let show = Box::new(|line: &str| eprint_progress(&format!("$ {line}")));
    let cluster = TestMesh::Cluster(Box::new(Cluster::up(args.context.clone(), args.namespace.clone(), show).await?));
    let there = of_cluster(&cluster, &here, &intended).await;
    cluster.end().await?;
    let (there, parted) = there?;
    if let Some(folder) = &args.report {
        std::fs::create_dir_all(folder)?;
        for (name, fields) in [("local", &here), ("cluster", &there)] {
            std::fs::write(folder.join(format!("{name}.json")), serde_json::to_string_pretty(fields)?)?;
        }
    }
    for (field, [here, there]) in &parted.unintended {
        print(&format!("{field}\n  local:   {here}\n  cluster: {there}"));
    }
    for (what, times) in &parted.intended {
        print(&format!("intended: {what}, seen {times} times"));
    }
    print(&format!("{} fields compared: {} unintended differences", parted.compared, parted.unintended.len()));
    Ok(parted.unintended.is_empty())
}

/// Returns the local proxies' fields. All local proxies have loaded a change when the local mesh responds.
async fn of_local(mesh: &TestMesh) -> anyhow::Result<Fields> {
    apply(mesh).await?;
    let fields = read(mesh).await?;
    // Two meshes without the resources would agree as well.
    for proxy in Proxy::ALL {
        if !configuration::has_taken(&fields, proxy) {
            bail!("the {proxy:?} of the local mesh has nothing of tests/conformance/configuration.yaml");
        }
    }
    Ok(fields)
}

/// Returns the fields of the cluster's proxies, and their differences from the local ones.
async fn of_cluster(
    mesh: &TestMesh,
    local: &Fields,
    intended: &IntendedDifferences,
) -> anyhow::Result<(Fields, ConfigDifferences)> {
    let text = apply(mesh).await?;
    let found = configuration::arrived(async || read(mesh).await, local, intended, ARRIVAL).await?;
    mesh.delete(&text).await?;
    Ok(found)
}

/// Applies the resources, and returns them.
async fn apply(mesh: &TestMesh) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(project().join("tests/conformance/configuration.yaml"))?;
    let text = names::in_namespace(&text, mesh.namespace());
    match mesh.apply(&text).await? {
        ApplyResult::Taken => Ok(text),
        ApplyResult::Refused(why) => {
            bail!("the {} mesh refuses tests/conformance/configuration.yaml: {why}", mesh.name())
        }
    }
}

/// Returns the current fields of the proxies.
async fn read(mesh: &TestMesh) -> anyhow::Result<Fields> {
    let namespace = mesh.namespace();
    let mut fields = Fields::new();
    for proxy in Proxy::ALL {
        let own = configuration::fields(&mesh.dump(proxy).await?, proxy, namespace);
        let text = names::in_cases_own(&serde_json::to_string(&own)?, namespace);
        fields.extend(serde_json::from_str::<Fields>(&text)?);
    }
    Ok(fields)
}
