//! Changes requested through the control API: apply, delete, restore, scale, restart.

use std::{collections::BTreeSet, sync::Arc};

use meshwalk_yaml::{Diagnostic, Diagnostics};
use tokio::sync::oneshot;

use super::{change_summary, handle::MeshHandle, reconcile};
use crate::{
    control::types::{ApplyError, ApplyErrorKind, Change, Files, Snapshot},
    manifest::Key,
    resources::{ParsedManifests, Resource, Resources},
};

/// File name of standard input in locations.
const STANDARD_INPUT: &str = "standard input";

impl MeshHandle {
    /// Applies the resources of the files.
    ///
    /// # Errors
    /// If the files have problems, Envoy rejects the configuration, or a pod does not become ready. No changes are then
    /// applied.
    pub(crate) async fn apply(self: &Arc<Self>, files: Files) -> Result<Change, ApplyError> {
        let manifests = read(files).await?;
        let named = identities(&manifests);
        let ignored = change_summary::ignored_resources(&manifests.without_effect);
        let change = self.change(named, move |before| Ok((before.with(&manifests)?, BTreeSet::new())));
        let mut change = change.await.map(without_waiting)?;
        change.notes.extend(ignored);
        Ok(change)
    }

    /// Deletes the resources that the files name.
    ///
    /// # Errors
    /// As [`MeshHandle::apply`].
    pub(crate) async fn delete(self: &Arc<Self>, files: Files) -> Result<Change, ApplyError> {
        let manifests = read(files).await?;
        self.change(Vec::new(), move |before| Ok((before.without(&manifests)?, BTreeSet::new())))
            .await
            .map(without_waiting)
    }

    /// Restores a snapshot: its documents become the only active resources.
    ///
    /// # Errors
    /// As [`MeshHandle::apply`].
    pub(crate) async fn restore(self: &Arc<Self>, snapshot: Snapshot) -> Result<Change, ApplyError> {
        let manifests = ParsedManifests::from_documents(&snapshot.documents)?;
        let make = move |_: &Resources| Ok((Resources::default().with(&manifests)?, BTreeSet::new()));
        self.change(Vec::new(), make).await.map(without_waiting)
    }

    /// Replaces the pods of Deployments and waits until the old pods have exited. A new pod is ready before it gets
    /// requests, and an old one gets none before it is stopped.
    ///
    /// # Errors
    /// If a Deployment does not exist, or a new pod does not become ready. No changes are then applied.
    pub(crate) async fn restart(self: &Arc<Self>, deployments: Vec<String>) -> Result<Change, ApplyError> {
        let change = self.change(Vec::new(), move |before| {
            let restarted: Result<BTreeSet<_>, _> =
                deployments.iter().map(|name| deployment(before, name).map(|(key, _)| key)).collect();
            Ok((before.clone(), restarted?))
        });
        Ok(after_terminations(change.await?).await)
    }

    /// Sets the number of pods of a Deployment. Waits until new pods are ready and removed pods have exited.
    ///
    /// # Errors
    /// If the Deployment does not exist, or a new pod does not become ready. No changes are then applied.
    pub(crate) async fn scale(self: &Arc<Self>, name: String, replicas: u32) -> Result<Change, ApplyError> {
        let change = self.change(Vec::new(), move |before| {
            let (_, mut document) = deployment(before, &name)?;
            document["spec"]["replicas"] = replicas.into();
            Ok((before.with(&ParsedManifests::from_documents(&[document])?)?, BTreeSet::new()))
        });
        Ok(after_terminations(change.await?).await)
    }

    /// All active resources.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        let state = self.state.lock().await;
        Snapshot { documents: state.resources.all().iter().map(|resource| resource.document().clone()).collect() }
    }

    /// Runs one change after another, each in its own task: a change continues if its caller disconnects.
    async fn change(
        self: &Arc<Self>,
        named: Vec<String>,
        make: impl FnOnce(&Resources) -> Result<(Resources, BTreeSet<Key>), ApplyError> + Send + 'static,
    ) -> Result<(Change, Vec<oneshot::Receiver<()>>), ApplyError> {
        let shared = Arc::clone(self);
        let task = tokio::spawn(async move {
            let mut state = shared.state.lock().await;
            let before = state.resources.clone();
            let (after, restarted) = make(&before)?;
            let mut change = compare(&before, &after, &named);
            let causes = change_summary::changed_resources(&before, &after);
            let mut kill = shared.kill.subscribe();
            let outcome = tokio::select! {
                outcome = reconcile::reconcile(&shared, &mut state, after, &restarted) => outcome,
                // `Mesh::down` waits for the lock and stops what was started.
                _ = kill.wait_for(|kill| *kill) => Err(ApplyError::new(ApplyErrorKind::Failed, "the mesh is shutting down")),
            };
            shared.publish(&state);
            let outcome = outcome.map_err(|apply_error| change_summary::with_possible_causes(apply_error, &causes))?;
            change.notes = outcome.notes;
            change.config_version = state.version;
            Ok((change, outcome.terminations))
        });
        task.await.unwrap_or_else(|error| {
            Err(ApplyError::new(ApplyErrorKind::Failed, format!("the change was aborted: {error}")))
        })
    }
}

/// Drops the termination receivers: most changes do not wait until old pods have drained.
fn without_waiting((change, _): (Change, Vec<oneshot::Receiver<()>>)) -> Change {
    change
}

async fn after_terminations((change, terminations): (Change, Vec<oneshot::Receiver<()>>)) -> Change {
    // An error means that the mesh stopped the pod on shutdown.
    futures_util::future::join_all(terminations).await;
    change
}

/// The only Deployment of this name in all namespaces.
fn deployment(resources: &Resources, name: &str) -> Result<(Key, serde_json::Value), ApplyError> {
    let mut found = resources.deployments.iter().filter(|(key, _)| key.name == name);
    match (found.next(), found.next()) {
        (Some((key, object)), None) => Ok((key.clone(), object.document.clone())),
        (Some(_), Some(_)) => {
            let message = format!("Deployment {name} exists in several namespaces; no changes were applied");
            Err(ApplyError::new(ApplyErrorKind::Input, message))
        }
        (None, _) => {
            let names: Vec<_> = resources.deployments.keys().map(|key| key.name.as_str()).collect();
            let message = format!("Deployment {name} does not exist; existing: {}", names.join(", "));
            Err(ApplyError::new(ApplyErrorKind::NotFound, message))
        }
    }
}

async fn read(files: Files) -> Result<ParsedManifests, ApplyError> {
    let Files { paths, standard_input } = files;
    let mut named: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    named.extend(standard_input.is_some().then(|| STANDARD_INPUT.to_owned()));
    let manifests = move || Resources::read_with_text(&paths, standard_input.as_deref(), STANDARD_INPUT.as_ref());
    let manifests = tokio::task::spawn_blocking(manifests).await;
    let manifests = manifests.map_err(|error| ApplyError::new(ApplyErrorKind::Failed, error.to_string()))??;
    if manifests.resources.is_empty() && manifests.without_effect.is_empty() {
        // Reject it: the user probably forgot to save the file.
        let empty = Diagnostic::new(format!("no resource in {}", named.join(", ")));
        return Err(Diagnostics::from(empty.help("add a resource, or leave the file out")).into());
    }
    Ok(manifests)
}

fn identities(manifests: &ParsedManifests) -> Vec<String> {
    manifests.resources.iter().map(Resource::identity).collect()
}

/// Compares two sets of resources. `unchanged` lists only resources in `named`. Locations are not compared.
fn compare(before: &Resources, after: &Resources, named: &[String]) -> Change {
    let mut change = Change::default();
    for resource in after.all() {
        let list = match before.get(&resource) {
            None => &mut change.created,
            Some(old) if old.document() == resource.document() => &mut change.unchanged,
            Some(_) => &mut change.configured,
        };
        list.push(resource.identity());
    }
    change.unchanged.retain(|resource| named.contains(resource));
    let removed = before.all().into_iter().filter(|resource| after.get(resource).is_none());
    change.deleted = removed.map(|resource: Resource| resource.identity()).collect();
    change
}
