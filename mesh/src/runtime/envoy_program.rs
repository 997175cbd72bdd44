//! Envoy's command line.

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use super::{pod::PodPaths, spawner::Program};

/// File name of the bootstrap in a pod's folder.
pub(super) const BOOTSTRAP: &str = "bootstrap.json";

/// Drain time of a replaced listener in seconds. A change waits for it, so a changed policy applies to every connection
/// when the change is reported. Longer requests on a replaced listener are cut off.
const DRAIN_SECONDS: &str = "1";

/// Envoy's program, arguments and log.
pub(super) fn program(envoy: &Path, paths: &PodPaths) -> Program {
    let mut arguments: Vec<OsString> = vec!["-c".into(), paths.folder.join(BOOTSTRAP).into()];
    // One worker: many proxies share a small machine. No hot restart: it needs shared memory, and proxies are not
    // replaced. Immediate draining notifies every client at once.
    let rest = ["--concurrency", "1", "--disable-hot-restart", "--drain-time-s", DRAIN_SECONDS];
    arguments.extend(rest.map(OsString::from));
    arguments.extend(["--drain-strategy", "immediate", "-l", "warning"].map(OsString::from));
    Program { file: envoy.to_owned(), arguments, environment: BTreeMap::new(), log: paths.envoy_log.clone() }
}
