//! `meshwalk config`: what a proxy was told, and in which file.

use std::process::ExitCode;

use meshwalk_mesh::control::types::Section;

use super::named::Named;
use crate::cli;

/// Whose configuration, and which part of it.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: Named,
    /// A workload (`backend-v1`, all its pods), a pod (`backend-v1-1`) or `istio-ingressgateway`.
    workload: String,
    /// Only this part.
    #[arg(long, value_enum)]
    section: Option<Part>,
}

/// The parts of a proxy's configuration, in Envoy's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// What it starts with.
    Bootstrap,
    /// Where it listens.
    Listeners,
    /// Which request goes where.
    Routes,
    /// Which groups of endpoints it knows, and who is in them.
    Clusters,
}

impl From<Part> for Section {
    fn from(part: Part) -> Self {
        match part {
            Part::Bootstrap => Self::Bootstrap,
            Part::Listeners => Self::Listeners,
            Part::Routes => Self::Routes,
            Part::Clusters => Self::Clusters,
        }
    }
}

/// Prints the files with their paths.
///
/// # Errors
/// If the mesh does not run or has no such workload.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let proxies = args.mesh.client().config(&args.workload).await?;
    let section = args.section.map(Section::from);
    for proxy in proxies {
        for file in proxy.files.iter().filter(|file| section.is_none_or(|section| file.section == section)) {
            cli::print(&format!("# {}: {}", proxy.instance, file.path.display()));
            cli::print(&serde_json::to_string_pretty(&file.content)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}
