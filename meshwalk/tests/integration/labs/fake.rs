//! A target that is a folder of files and one HTTP server: the first line of an applied file says what the server does
//! from then on, as `# v2 25` (a quarter of the answers are v2's) or `# status 403`.

mod as_platform;
mod server;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::Router;
use meshwalk::platform::PlatformError;

/// What the fake does now, and what it was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inner {
    /// First lines of the applied files, by path.
    pub(crate) in_force: BTreeMap<PathBuf, String>,
    /// Every change, in order.
    pub(crate) changes: Vec<String>,
    faults: BTreeMap<String, String>,
    /// How many pods each Deployment has, where it is not one.
    pub(crate) replicas: BTreeMap<String, u32>,
    /// How often the pods of each Deployment were replaced.
    restarts: BTreeMap<String, u32>,
    requests: u64,
    v2_requests: u64,
    injected: u64,
}

impl Inner {
    fn number(&self, word: &str) -> Option<u64> {
        let prefix = format!("# {word} ");
        self.in_force.values().find_map(|line| line.strip_prefix(&prefix)?.parse().ok())
    }
}

/// The fake target.
pub(crate) struct Fake {
    pub(crate) root: tempfile::TempDir,
    pub(crate) inner: Arc<Mutex<Inner>>,
    pub(crate) outlives: bool,
    pub(crate) restore_fails: bool,
    /// The instance that takes no rule.
    pub(crate) refuses: Option<&'static str>,
    /// The instance that does not even say which rules it has.
    pub(crate) unreachable: Option<&'static str>,
    address: std::net::SocketAddr,
}

impl Fake {
    /// A target whose project holds these files.
    pub(crate) async fn with(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(root.path().join(name), text).unwrap();
        }
        let inner = Arc::new(Mutex::new(Inner::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(server::answer).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { root, inner, outlives: false, restore_fails: false, refuses: None, unreachable: None, address }
    }

    pub(crate) fn changes(&self) -> Vec<String> {
        self.inner.lock().unwrap().changes.clone()
    }

    fn set(&self, files: &[PathBuf], verb: &str) -> Result<(), PlatformError> {
        let mut inner = self.inner.lock().unwrap();
        for file in files {
            let text = std::fs::read_to_string(self.root.path().join(file)).unwrap();
            let line = text.lines().next().unwrap_or_default().to_owned();
            if line == "# refused" {
                let (what, why) = ("applying the files".to_owned(), format!("{}: refused", file.display()));
                return Err(PlatformError::Refused { what, why });
            }
            inner.changes.push(format!("{verb} {}", file.display()));
            if verb == "apply" {
                inner.in_force.insert(file.clone(), line);
            } else {
                inner.in_force.remove(file);
            }
        }
        Ok(())
    }
}
