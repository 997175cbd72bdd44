//! Reads the configuration files of proxies.

use std::path::Path;

use super::{envoy_program::BOOTSTRAP, handle::MeshHandle};
use crate::{
    control::types::{ApplyError, ApplyErrorKind, ProxyFile, ProxyFiles, Section},
    translate::files,
};

impl MeshHandle {
    /// Configuration files of every proxy of a workload, or of one pod.
    ///
    /// # Errors
    /// If no pod with a proxy has this name.
    pub(crate) fn config(&self, workload: &str) -> Result<Vec<ProxyFiles>, ApplyError> {
        let instances = self.status().instances;
        let with_proxy = || instances.iter().filter(|instance| instance.sidecar);
        let found: Vec<ProxyFiles> = with_proxy()
            .filter(|instance| instance.workload == workload || instance.name == workload)
            .map(|instance| ProxyFiles {
                instance: instance.name.clone(),
                files: read(&self.folder.join(&instance.name)),
            })
            .collect();
        if found.is_empty() {
            let mut names: Vec<&str> = with_proxy().map(|instance| instance.workload.as_str()).collect();
            names.dedup();
            let message = format!("no workload with a proxy is named {workload:?}; choose one of {}", names.join(", "));
            return Err(ApplyError::new(ApplyErrorKind::NotFound, message));
        }
        Ok(found)
    }
}

fn read(folder: &Path) -> Vec<ProxyFile> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<ProxyFile> = entries
        .filter_map(|entry| {
            let section = section(&entry.file_name().to_string_lossy())?;
            // Skip a file that a change has just removed.
            let content = serde_json::from_slice(&std::fs::read(entry.path()).ok()?).ok()?;
            Some(ProxyFile { section, path: entry.path(), content })
        })
        .collect();
    found.sort_by(|a, b| (a.section, &a.path).cmp(&(b.section, &b.path)));
    found
}

/// Section of a file; `None` for secrets, which are not shown.
fn section(name: &str) -> Option<Section> {
    match name {
        BOOTSTRAP => Some(Section::Bootstrap),
        files::LISTENERS => Some(Section::Listeners),
        files::CLUSTERS => Some(Section::Clusters),
        _ if name.starts_with("rds-") => Some(Section::Routes),
        _ => None,
    }
}
