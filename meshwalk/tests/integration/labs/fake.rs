//! A target that is a folder of files and one HTTP server: the first line of an applied file says what the server does
//! from then on, as `# v2 25` (a quarter of the answers are v2's) or `# status 403`.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse};
use meshwalk::{
    evidence::{self, Scrape},
    lab::{Entrance, TargetKind},
    target::{
        Action, Description, Entry, FaultChange, FaultRule, Instance, Reply, Snapshot, Span, Target, TargetError,
    },
    traffic::Address,
};
use serde_json::json;

/// What the fake does now, and what it was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inner {
    /// The first lines of the files in force, by path.
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
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { root, inner, outlives: false, restore_fails: false, refuses: None, unreachable: None, address }
    }

    pub(crate) fn changes(&self) -> Vec<String> {
        self.inner.lock().unwrap().changes.clone()
    }

    fn set(&self, files: &[PathBuf], verb: &str) -> Result<(), TargetError> {
        let mut inner = self.inner.lock().unwrap();
        for file in files {
            let text = std::fs::read_to_string(self.root.path().join(file)).unwrap();
            let line = text.lines().next().unwrap_or_default().to_owned();
            if line == "# refused" {
                let (what, why) = ("applying the files".to_owned(), format!("{}: refused", file.display()));
                return Err(TargetError::Refused { what, why });
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

/// Every hundred requests hold exactly as many of v2 as is said, and of those exactly the injected part fails.
async fn answer(State(inner): State<Arc<Mutex<Inner>>>) -> impl IntoResponse {
    let mut inner = inner.lock().unwrap();
    inner.requests += 1;
    // 37 and 100 have no common divisor, so that the answers of v2 are spread over the hundred.
    let is_v2 = inner.requests * 37 % 100 < inner.number("v2").unwrap_or_default();
    let (version, mut status) = if is_v2 { ("v2", 200) } else { ("v1", 200) };
    if let Some(stated) = inner.number("status") {
        status = u16::try_from(stated).unwrap();
    }
    if is_v2 {
        inner.v2_requests += 1;
        if inner.faults.contains_key("backend-v2-1") && inner.v2_requests % 5 < 2 {
            inner.injected += 1;
            status = 500;
        }
    }
    let hop = json!({
        "service": "backend", "version": version, "instance": format!("backend-{version}-1"),
        "peer": "spiffe://cluster.local/ns/meshwalk/sa/frontend", "attempt": 1, "status": status,
        "trace": {"id": "0af7651916cd43dd8448eb211c80319c"}, "upstreams": [],
    });
    (StatusCode::from_u16(status).unwrap(), Json(hop))
}

impl Target for Fake {
    fn kind(&self) -> TargetKind {
        TargetKind::Local
    }

    fn describe(&self) -> Reply<'_, Description> {
        let versions = BTreeMap::from([("envoy".to_owned(), "none".to_owned())]);
        Box::pin(async { Ok(Description { target: TargetKind::Local, name: "fake <&>".to_owned(), versions }) })
    }

    fn apply<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()> {
        Box::pin(async { self.set(files, "apply") })
    }

    fn delete<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()> {
        Box::pin(async { self.set(files, "delete") })
    }

    fn snapshot(&self) -> Reply<'_, Snapshot> {
        Box::pin(async {
            let inner = self.inner.lock().unwrap();
            let documents = inner.in_force.iter().map(|(path, line)| json!([path, line])).collect();
            Ok(Snapshot {
                documents,
                faults: inner.faults.clone(),
                replicas: inner.replicas.clone(),
                workloads: None,
                of: None,
            })
        })
    }

    fn restore<'a>(&'a self, snapshot: &'a Snapshot) -> Reply<'a, ()> {
        Box::pin(async {
            if self.restore_fails {
                return Err(TargetError::failed("putting back", "the mesh is gone"));
            }
            let documents: Vec<(PathBuf, String)> =
                snapshot.documents.iter().map(|d| serde_json::from_value(d.clone()).unwrap()).collect();
            let mut inner = self.inner.lock().unwrap();
            inner.in_force = documents.into_iter().collect();
            inner.faults.clone_from(&snapshot.faults);
            inner.replicas.clone_from(&snapshot.replicas);
            inner.changes.push("restore".to_owned());
            Ok(())
        })
    }

    fn instances(&self) -> Reply<'_, Vec<Instance>> {
        Box::pin(async move {
            let inner = self.inner.lock().unwrap();
            let mut instances = Vec::new();
            for version in ["v1", "v2"] {
                let workload = format!("backend-{version}");
                let count = inner.replicas.get(&workload).copied().unwrap_or(1);
                let first = inner.restarts.get(&workload).copied().unwrap_or_default() * 10 + 1;
                instances.extend((first..first + count).map(|number| Instance {
                    name: format!("{workload}-{number}"),
                    workload: workload.clone(),
                    service: "backend".to_owned(),
                    version: Some(version.to_owned()),
                    ready: true,
                }));
            }
            Ok(instances)
        })
    }

    fn restart<'a>(&'a self, deployment: &'a str) -> Reply<'a, ()> {
        Box::pin(async move {
            // Longer than the half of a traffic that is left when it begins.
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            let mut inner = self.inner.lock().unwrap();
            inner.changes.push(format!("restart {deployment}"));
            *inner.restarts.entry(deployment.to_owned()).or_default() += 1;
            Ok(())
        })
    }

    fn scale<'a>(&'a self, deployment: &'a str, replicas: u32) -> Reply<'a, ()> {
        Box::pin(async move {
            let mut inner = self.inner.lock().unwrap();
            inner.changes.push(format!("scale {deployment} {replicas}"));
            inner.replicas.insert(deployment.to_owned(), replicas);
            Ok(())
        })
    }

    fn change_faults<'a>(&'a self, instance: &'a str, change: FaultChange<'a>) -> Reply<'a, Vec<FaultRule>> {
        Box::pin(async move {
            let mut inner = self.inner.lock().unwrap();
            let (FaultChange::Add(rules) | FaultChange::Replace(rules)) = change else {
                inner.changes.push(format!("faults {instance}"));
                inner.faults.remove(instance);
                return Ok(Vec::new());
            };
            if self.refuses == Some(instance) {
                let what = format!("setting the faults of {instance}");
                return Err(TargetError::Refused { what, why: "unknown mode".to_owned() });
            }
            inner.changes.push(format!("faults {instance} {rules}"));
            inner.faults.insert(instance.to_owned(), rules.to_owned());
            Ok(vec![FaultRule { id: "r1".to_owned(), rule: rules.to_owned(), ..FaultRule::default() }])
        })
    }

    fn faults<'a>(&'a self, instance: &'a str) -> Reply<'a, Vec<FaultRule>> {
        Box::pin(async move {
            if self.unreachable == Some(instance) {
                return Err(TargetError::failed(format!("asking {instance} for its faults"), "nobody is there"));
            }
            let inner = self.inner.lock().unwrap();
            let rule = |rule: &String| FaultRule {
                id: "bad".to_owned(),
                rule: rule.clone(),
                mode: "error".to_owned(),
                fired: inner.injected,
                ..FaultRule::default()
            };
            Ok(inner.faults.get(instance).map(rule).into_iter().collect())
        })
    }

    fn entry(&self, from: Entrance) -> Reply<'_, Entry> {
        let entry = Entry { address: Address::Tcp(self.address), authority: from.word().to_owned(), caveat: None };
        Box::pin(async move { Ok(entry) })
    }

    fn scrape<'a>(&'a self, workloads: &'a [String]) -> Reply<'a, Scrape> {
        Box::pin(async move {
            let inner = self.inner.lock().unwrap();
            let page = format!(
                "# TYPE istio_requests_total counter\nistio_requests_total{{reporter=\"destination\"}} {}\n\
                 # TYPE meshwalk_faults_injected_total counter\nmeshwalk_faults_injected_total{{rule=\"bad\"}} {}\n",
                inner.v2_requests, inner.injected
            );
            let instance = |workload: &String| {
                let snapshot = evidence::Snapshot::parse(&page).unwrap();
                ((format!("{workload}-1"), "/".to_owned()), evidence::Instance { workload: workload.clone(), snapshot })
            };
            Ok(Scrape { instances: workloads.iter().map(instance).collect(), missing: Vec::new() })
        })
    }

    fn trace<'a>(&'a self, _id: &'a str) -> Reply<'a, Vec<Span>> {
        let span = |id: &str, parent: Option<&str>, service: &str, start| Span {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            service: service.to_owned(),
            start,
        };
        Box::pin(async move { Ok(vec![span("2", Some("1"), "backend", 2), span("1", None, "frontend", 1)]) })
    }

    fn command<'a>(&'a self, action: &'a Action<'a>) -> Reply<'a, String> {
        Box::pin(async move { Ok(format!("{action:?}")) })
    }

    fn outlives(&self) -> bool {
        self.outlives
    }
}
