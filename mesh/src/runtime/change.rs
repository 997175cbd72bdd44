//! What the control socket asks for: apply, delete, put back.

use std::{path::PathBuf, sync::Arc};

use super::{shared::Shared, transition};
use crate::{
    control::types::{Change, Refusal, RefusalKind, Snapshot},
    resources::{Reading, Resource, Resources},
};

impl Shared {
    /// Puts the files' resources in force.
    ///
    /// # Errors
    /// If they have problems, an Envoy refuses what they ask for, or a pod does not come up: then nothing changed.
    pub(crate) async fn apply(self: &Arc<Self>, paths: Vec<PathBuf>) -> Result<Change, Refusal> {
        let reading = read(paths).await?;
        let named = identities(&reading);
        self.change(named, move |before| Ok(before.with(&reading)?)).await
    }

    /// Takes the resources that the files name out of force.
    ///
    /// # Errors
    /// As [`Shared::apply`].
    pub(crate) async fn delete(self: &Arc<Self>, paths: Vec<PathBuf>) -> Result<Change, Refusal> {
        let reading = read(paths).await?;
        self.change(Vec::new(), move |before| Ok(before.without(&reading)?)).await
    }

    /// Puts exactly the snapshot's documents in force.
    ///
    /// # Errors
    /// As [`Shared::apply`].
    pub(crate) async fn put(self: &Arc<Self>, snapshot: Snapshot) -> Result<Change, Refusal> {
        let reading = Reading::of_documents(&snapshot.documents)?;
        self.change(Vec::new(), move |_| Ok(Resources::default().with(&reading)?)).await
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
        make: impl FnOnce(&Resources) -> Result<Resources, Refusal> + Send + 'static,
    ) -> Result<Change, Refusal> {
        let shared = Arc::clone(self);
        let task = tokio::spawn(async move {
            let mut state = shared.state.lock().await;
            let before = state.resources.clone();
            let after = make(&before)?;
            let mut change = compare(&before, &after, &named);
            let mut end = shared.hurry.subscribe();
            let outcome = tokio::select! {
                outcome = transition::to(&shared, &mut state, after) => outcome,
                // Whoever ends the mesh waits for the lock, and ends what was started so far.
                _ = end.wait_for(|end| *end) => Err(Refusal::new(RefusalKind::Failed, "the mesh ends")),
            };
            shared.publish(&state);
            change.notes = outcome?;
            change.config_version = state.version;
            Ok(change)
        });
        task.await
            .unwrap_or_else(|error| Err(Refusal::new(RefusalKind::Failed, format!("the change broke off: {error}"))))
    }
}

async fn read(paths: Vec<PathBuf>) -> Result<Reading, Refusal> {
    let reading = tokio::task::spawn_blocking(move || Resources::read(&paths)).await;
    let reading = reading.map_err(|error| Refusal::new(RefusalKind::Failed, error.to_string()))?;
    Ok(reading?)
}

fn identities(reading: &Reading) -> Vec<String> {
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
