//! Compares the proxies' configuration on both meshes, for the same resources.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::bail;
use meshwalk::cli::{say, tell};
use meshwalk_conformance::{
    bed::{Applied, Bed, Cluster, Local},
    configuration::{self, Fields, Proxy},
    intended::Intended,
    names, project,
};

/// Where the other mesh is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The context of kubectl.
    #[arg(long)]
    context: Option<String>,
    /// The namespace to make for the workload; a second one has `-other` behind it.
    #[arg(long, default_value = names::NAMESPACE)]
    namespace: String,
    /// Write the fields of both meshes into this folder.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

/// Compares; whether nothing differs that nobody intends.
///
/// # Errors
/// If a mesh does not come up, refuses the resources, or cannot be asked.
pub(crate) async fn run(args: &Args) -> anyhow::Result<bool> {
    let program = std::env::current_exe()?;
    let local = Bed::Local(Box::new(Local::up(program.parent().unwrap_or(Path::new("."))).await?));
    let here = settled(&local).await;
    local.end().await?;
    let show = Box::new(|line: &str| tell(&format!("$ {line}")));
    let cluster = Bed::Cluster(Box::new(Cluster::up(args.context.clone(), args.namespace.clone(), show).await?));
    let there = settled(&cluster).await;
    cluster.end().await?;
    let (here, there) = (here?, there?);
    if let Some(folder) = &args.report {
        std::fs::create_dir_all(folder)?;
        for (name, fields) in [("local", &here), ("cluster", &there)] {
            std::fs::write(folder.join(format!("{name}.json")), serde_json::to_string_pretty(fields)?)?;
        }
    }
    let intended = Intended::read(&project().join("tests/conformance/intended.yaml"))?;
    let parted = configuration::compare([&here, &there], &intended);
    for (field, [here, there]) in &parted.unintended {
        say(&format!("{field}\n  local:   {here}\n  cluster: {there}"));
    }
    for (what, times) in &parted.intended {
        say(&format!("intended: {what}, seen {times} times"));
    }
    say(&format!("{} fields compared: {} unintended differences", parted.compared, parted.unintended.len()));
    Ok(parted.unintended.is_empty())
}

/// What the proxies have when all of them have taken the resources.
async fn settled(bed: &Bed) -> anyhow::Result<Fields> {
    let namespace = bed.namespace();
    let text = std::fs::read_to_string(project().join("tests/conformance/configuration.yaml"))?;
    let text = names::in_namespace(&text, namespace);
    if let Applied::Refused(why) = bed.apply(&text).await? {
        bail!("the {} mesh refuses tests/conformance/configuration.yaml: {why}", bed.name());
    }
    let mut fields = Fields::new();
    for proxy in Proxy::ALL {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let dump = bed.dump(proxy).await?;
            let marks = ["\"configuration.exact\"", "policy[configuration]"];
            if marks.iter().any(|mark| dump.to_string().contains(mark)) {
                let own = configuration::fields(&dump, proxy, namespace);
                let text = names::in_cases_own(&serde_json::to_string(&own)?, namespace);
                fields.extend(serde_json::from_str::<Fields>(&text)?);
                break;
            }
            if Instant::now() > end {
                bail!("the resources do not arrive at the {proxy:?} of the {} mesh", bed.name());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    bed.delete(&text).await?;
    Ok(fields)
}
