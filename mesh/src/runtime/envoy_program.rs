//! Envoy's command line.

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use super::{pod::Paths, spawner::Program};

/// The bootstrap's name in a pod's folder.
pub(super) const BOOTSTRAP: &str = "bootstrap.json";

/// How long a replaced listener's connections may go on, in seconds. A change of policy waits for them, so that it is
/// in force on every connection when it is reported; a request that takes longer on a replaced listener is cut.
const DRAIN_SECONDS: &str = "1";

/// How Envoy is started.
pub(super) fn program(envoy: &Path, paths: &Paths) -> Program {
    let mut arguments: Vec<OsString> = vec!["-c".into(), paths.folder.join(BOOTSTRAP).into()];
    // One worker: many proxies share a small machine. No hot restart: it would need shared memory per run, and a
    // proxy of the mesh is configured, not replaced. Draining is announced to every client at once.
    let rest = ["--concurrency", "1", "--disable-hot-restart", "--drain-time-s", DRAIN_SECONDS];
    arguments.extend(rest.map(OsString::from));
    arguments.extend(["--drain-strategy", "immediate", "-l", "warning"].map(OsString::from));
    Program { file: envoy.to_owned(), arguments, environment: BTreeMap::new(), log: paths.envoy_log.clone() }
}
