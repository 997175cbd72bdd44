//! `meshwalk config`: prints the configuration files of a proxy.

use std::process::ExitCode;

use meshwalk_mesh::control::types::Section;

use super::mesh_name::MeshName;
use crate::cli;

/// Arguments of `meshwalk config`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    mesh: MeshName,
    /// Workload (`backend-v1`, all of its pods), pod (`backend-v1-1`) or `istio-ingressgateway`.
    workload: String,
    /// Show only this part.
    #[arg(long, value_enum)]
    section: Option<Part>,
}

/// Parts of a proxy's configuration, in Envoy's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Bootstrap configuration.
    Bootstrap,
    /// Addresses and ports on which the proxy listens.
    Listeners,
    /// Routes of requests.
    Routes,
    /// Clusters and their endpoints.
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

/// Prints the configuration files with their paths.
///
/// # Errors
/// Fails if the mesh does not run or has no such workload.
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
