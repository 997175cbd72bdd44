//! Commands on manifest files: unchanged if the workload is in the namespace that they name, otherwise with the
//! workload's namespace inserted.

use std::path::PathBuf;

use serde_json::Value;

use super::{ClusterPlatform, Kubectl, objects};
use crate::platform::{PlatformError, manifest_files};

/// Operation on the objects of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Apply,
    Delete,
}

impl Verb {
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Apply => &["apply"],
            Self::Delete => &["delete", "--ignore-not-found"],
        }
    }
}

impl ClusterPlatform {
    /// Returns the command as it can be typed in the project's folder.
    pub(super) fn line_on(&self, verb: Verb, files: &[PathBuf]) -> Result<String, PlatformError> {
        let line = Kubectl::line(&self.arguments_on(verb, files));
        if self.kubectl.namespace().is_usual() {
            return Ok(line);
        }
        let put_in = format!("namespace={}", self.kubectl.namespace());
        let mut words: Vec<_> = ["awk", "-v", &put_in, "-f", "scripts/namespace.awk"].map(str::to_owned).into();
        // awk cannot read folders.
        words.extend(self.listed(files)?.iter().map(|file| file.display().to_string()));
        Ok(format!("{} | {line}", Kubectl::typed(&words)))
    }

    /// Runs the command, and waits until the proxies have loaded the changes.
    pub(super) async fn change(&self, verb: Verb, files: &[PathBuf]) -> Result<(), PlatformError> {
        let input = self.input(files)?;
        let before = self.proxy_configs().await?;
        self.kubectl.run(&self.arguments_on(verb, files), input.as_deref()).await?;
        self.wait_for_proxies(&before).await
    }

    fn arguments_on(&self, verb: Verb, files: &[PathBuf]) -> Vec<String> {
        let mut arguments = self.kubectl.arguments(verb.words());
        if self.kubectl.namespace().is_usual() {
            arguments.extend(files.iter().flat_map(|file| ["-f".to_owned(), file.display().to_string()]));
        } else {
            arguments.extend(["-f", "-"].map(str::to_owned));
        }
        arguments
    }

    /// Returns the objects that replace the files.
    fn input(&self, files: &[PathBuf]) -> Result<Option<String>, PlatformError> {
        let namespace = self.kubectl.namespace();
        if namespace.is_usual() {
            return Ok(None);
        }
        let mut all = Vec::<Value>::new();
        for file in self.listed(files)? {
            let objects = namespace.objects_of(&self.kubectl.root().join(&file));
            let what = format!("moving {} to the namespace {namespace}", file.display());
            all.extend(objects.map_err(|error| PlatformError::Refused { what, why: error.to_string() })?);
        }
        Ok(Some(objects::list(&all)))
    }

    fn listed(&self, files: &[PathBuf]) -> Result<Vec<PathBuf>, PlatformError> {
        let what = "listing the files that are meant";
        manifest_files(self.kubectl.root(), files).map_err(|error| PlatformError::failed(what, error))
    }
}
