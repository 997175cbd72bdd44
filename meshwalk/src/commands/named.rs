//! The flag by which a command finds its mesh.

use meshwalk_mesh::{control::Client, run_folder::DEFAULT_NAME};

/// Which mesh a command is about.
#[derive(Debug, Clone, clap::Args)]
pub struct Named {
    /// The mesh's name, for more than one at once.
    #[arg(long, default_value = DEFAULT_NAME, env = "MESHWALK_NAME")]
    pub name: String,
}

impl Named {
    /// The way to that mesh.
    pub fn client(&self) -> Client {
        Client::new(&self.name)
    }
}
