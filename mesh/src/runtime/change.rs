//! What the control socket asks for: apply, delete, put back, scale, restart.

use std::{collections::BTreeSet, sync::Arc};

use meshwalk_yaml::{Diagnostic, Diagnostics};
use tokio::sync::oneshot;

use super::{change_summary, handle::MeshHandle, reconcile};
use crate::{
    control::types::{ApplyError, ApplyErrorKind, Change, Files, Snapshot},
    manifest::Key,
    resources::{ParsedManifests, Resource, Resources},
};

/// What places call it.
const STANDARD_INPUT: &str = "standard input";

impl MeshHandle {
    /// Puts the files' resources in force.
    ///
    /// # Errors
    /// If they have problems, an Envoy refuses what they ask for, or a pod does not come up: then nothing changed.
    pub(crate) async fn apply(self: &Arc<Self>, files: Files) -> Result<Change, ApplyError> {
        let reading = read(files).await?;
        let named = identities(&reading);
        let ignored = change_summary::of_ignored(&reading.without_effect);
        let change = self.change(named, move |before| Ok((before.with(&reading)?, BTreeSet::new())));
        let mut change = change.await.map(at_once)?;
        change.notes.extend(ignored);
        Ok(change)
    }

    /// Takes the resources that the files name out of force.
    ///
    /// # Errors
    /// As [`MeshHandle::apply`].
    pub(crate) async fn delete(self: &Arc<Self>, files: Files) -> Result<Change, ApplyError> {
        let reading = read(files).await?;
        self.change(Vec::new(), move |before| Ok((before.without(&reading)?, BTreeSet::new()))).await.map(at_once)
    }

    /// Puts exactly the snapshot's documents in force.
    ///
    /// # Errors
    /// As [`MeshHandle::apply`].
    pub(crate) async fn put(self: &Arc<Self>, snapshot: Snapshot) -> Result<Change, ApplyError> {
        let reading = ParsedManifests::of_documents(&snapshot.documents)?;
        let make = move |_: &Resources| Ok((Resources::default().with(&reading)?, BTreeSet::new()));
        self.change(Vec::new(), make).await.map(at_once)
    }

    /// Replaces the pods of Deployments by new ones, and returns when the old ones are gone: a new pod is ready
    /// before anything leads to it, and an old one ends after nothing does any more.
    ///
    /// # Errors
    /// If there is no such Deployment, or a new pod does not come up: then nothing changed.
    pub(crate) async fn restart(self: &Arc<Self>, deployments: Vec<String>) -> Result<Change, ApplyError> {
        let change = self.change(Vec::new(), move |before| {
            let restarted: Result<BTreeSet<_>, _> =
                deployments.iter().map(|name| deployment(before, name).map(|(key, _)| key)).collect();
            Ok((before.clone(), restarted?))
        });
        Ok(when_gone(change.await?).await)
    }

    /// Gives a Deployment so many pods, and returns when new ones are ready and those that went are gone.
    ///
    /// # Errors
    /// If there is no such Deployment, or a new pod does not come up: then nothing changed.
    pub(crate) async fn scale(self: &Arc<Self>, name: String, replicas: u32) -> Result<Change, ApplyError> {
        let change = self.change(Vec::new(), move |before| {
            let (_, mut document) = deployment(before, &name)?;
            document["spec"]["replicas"] = replicas.into();
            Ok((before.with(&ParsedManifests::of_documents(&[document])?)?, BTreeSet::new()))
        });
        Ok(when_gone(change.await?).await)
    }

    /// Every document in force.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        let state = self.state.lock().await;
        Snapshot { documents: state.resources.all().iter().map(|resource| resource.document().clone()).collect() }
    }

    /// One change after the other. It is a task of its own, so that a caller who gives up does not leave it half done.
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
            let suspects = change_summary::suspects(&before, &after);
            let mut end = shared.hurry.subscribe();
            let outcome = tokio::select! {
                outcome = reconcile::reconcile(&shared, &mut state, after, &restarted) => outcome,
                // Whoever ends the mesh waits for the lock, and ends what was started so far.
                _ = end.wait_for(|end| *end) => Err(ApplyError::new(ApplyErrorKind::Failed, "the mesh ends")),
            };
            shared.publish(&state);
            let outcome = outcome.map_err(|apply_error| change_summary::with_suspects(apply_error, &suspects))?;
            change.notes = outcome.notes;
            change.config_version = state.version;
            Ok((change, outcome.terminations))
        });
        task.await.unwrap_or_else(|error| {
            Err(ApplyError::new(ApplyErrorKind::Failed, format!("the change broke off: {error}")))
        })
    }
}

/// Pods that go may drain for half a minute; most changes do not wait for that.
fn at_once((change, _): (Change, Vec<oneshot::Receiver<()>>)) -> Change {
    change
}

async fn when_gone((change, terminations): (Change, Vec<oneshot::Receiver<()>>)) -> Change {
    // One that is never told of went with the mesh itself.
    futures_util::future::join_all(terminations).await;
    change
}

/// The one Deployment of that name, whatever its namespace.
fn deployment(resources: &Resources, name: &str) -> Result<(Key, serde_json::Value), ApplyError> {
    let mut found = resources.deployments.iter().filter(|(key, _)| key.name == name);
    match (found.next(), found.next()) {
        (Some((key, object)), None) => Ok((key.clone(), object.document.clone())),
        (Some(_), Some(_)) => {
            let words = format!("more than one namespace has a Deployment {name}; nothing has changed");
            Err(ApplyError::new(ApplyErrorKind::Input, words))
        }
        (None, _) => {
            let names: Vec<_> = resources.deployments.keys().map(|key| key.name.as_str()).collect();
            let words = format!("there is no Deployment {name}; there are {}", names.join(", "));
            Err(ApplyError::new(ApplyErrorKind::NotFound, words))
        }
    }
}

async fn read(files: Files) -> Result<ParsedManifests, ApplyError> {
    let Files { paths, standard_input } = files;
    let mut named: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    named.extend(standard_input.is_some().then(|| STANDARD_INPUT.to_owned()));
    let reading = move || Resources::read_beside(&paths, standard_input.as_deref(), STANDARD_INPUT.as_ref());
    let reading = tokio::task::spawn_blocking(reading).await;
    let reading = reading.map_err(|error| ApplyError::new(ApplyErrorKind::Failed, error.to_string()))??;
    if reading.resources.is_empty() && reading.without_effect.is_empty() {
        // Taken for a change that was made, it would be the file that somebody meant to save.
        let nothing = Diagnostic::new(format!("there is no resource in {}", named.join(", ")));
        return Err(Diagnostics::from(nothing.help("write one into it, or leave it out")).into());
    }
    Ok(reading)
}

fn identities(reading: &ParsedManifests) -> Vec<String> {
    reading.resources.iter().map(Resource::identity).collect()
}

/// What a change does to each resource; of those that stay as they are, to the `named` ones. Where a resource was read
/// does not matter.
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
    let gone = before.all().into_iter().filter(|resource| after.get(resource).is_none());
    change.deleted = gone.map(|resource: Resource| resource.identity()).collect();
    change
}
