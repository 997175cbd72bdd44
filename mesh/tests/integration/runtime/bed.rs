//! A running mesh for a test, with a name of its own, ended whatever happens.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use meshwalk_mesh::control::{
    Client,
    types::{InstanceStatus, Status},
    unix_http,
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Seven proxies and programs each: more of them at once would only wait for each other.
static PERMITS: Semaphore = Semaphore::const_new(2);

/// For whatever takes milliseconds on an idle machine.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// The project's folder.
pub(super) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Path of a program built by the workspace, next to the tests.
pub(super) fn program(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join(name);
    assert!(program.is_file(), "{} is not there; build it with `cargo build --workspace`", program.display());
    program
}

/// A name that no other test has.
pub(super) fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("t{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Waits until `condition` holds.
pub(super) async fn eventually<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let end = Instant::now() + DEADLINE;
    while !condition().await {
        assert!(Instant::now() < end, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// True if a process exists and is not a zombie.
pub(super) fn lives(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

/// A running mesh.
pub(super) struct Bed {
    pub(super) client: Client,
    pub(super) process: Child,
    _permit: SemaphorePermit<'static>,
}

impl Bed {
    /// The workload with its way in, subsets, and `more` files of the project.
    pub(super) async fn up(more: &[&str]) -> Self {
        Self::up_with(more, &[]).await
    }

    /// The same with further flags.
    pub(super) async fn up_with(more: &[&str], flags: &[&str]) -> Self {
        let permit = PERMITS.acquire().await.unwrap();
        let name = fresh_name();
        let mut command = Command::new(program("meshwalk"));
        command.args(["up", "--name", &name]).args(flags);
        for file in ["k8s/base", "istio/gateway/http.yaml", "istio/subsets.yaml"].iter().chain(more) {
            command.arg("-f").arg(project().join(file));
        }
        let log = tempfile::NamedTempFile::new().unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.reopen().unwrap());
        let process = command.spawn().unwrap();
        let mut bed = Self { client: Client::new(&name), process, _permit: permit };
        let end = Instant::now() + DEADLINE;
        while bed.client.status().await.is_err() {
            let ended = bed.process.try_wait().unwrap();
            let words = std::fs::read_to_string(log.path()).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < end, "the mesh did not come up ({ended:?}): {words}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bed
    }

    pub(super) async fn status(&self) -> Status {
        self.client.status().await.unwrap()
    }

    /// The one pod of that name.
    pub(super) async fn pod(&self, name: &str) -> InstanceStatus {
        let status = self.status().await;
        let found = status.instances.iter().find(|instance| instance.name == name);
        found.unwrap_or_else(|| panic!("no pod {name} in {status:#?}")).clone()
    }

    /// The ingress gateway's address.
    pub(super) async fn gateway(&self) -> std::net::SocketAddr {
        self.status().await.addresses.gateway.parse().unwrap()
    }

    pub(super) async fn apply(&self, file: &str) {
        self.client.apply(&[project().join(file)]).await.unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// Adds, replaces or removes the faults of a pod's application.
    pub(super) async fn faults(&self, pod: &str, method: http::Method, rules: &'static str) {
        let socket = self.pod(pod).await.control_socket;
        let (status, words) = unix_http::request(&socket, method, "/faults", rules.into(), DEADLINE).await.unwrap();
        assert!(status.is_success(), "{rules}: {words:?}");
    }

    /// Every process of the mesh but the first.
    pub(super) async fn processes(&self) -> Vec<u32> {
        let status = self.status().await;
        status.instances.iter().flat_map(|instance| [instance.pid, instance.envoy_pid]).flatten().collect()
    }

    /// Sends the mesh's own process a signal.
    pub(super) fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.process.id()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.signal(rustix::process::Signal::TERM);
            let _ = self.process.wait();
        }
    }
}
