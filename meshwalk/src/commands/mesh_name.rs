//! Flag `--name`, by which a command finds its mesh.

use meshwalk_mesh::{control::Client, run_folder::DEFAULT_NAME};

/// Flag that selects a mesh.
#[derive(Debug, Clone, clap::Args)]
pub struct MeshName {
    /// Name of the mesh, for running several at once.
    #[arg(long, default_value = DEFAULT_NAME, env = "MESHWALK_NAME")]
    pub name: String,
}

impl MeshName {
    /// Returns a client for the mesh.
    pub fn client(&self) -> Client {
        Client::new(&self.name)
    }
}
