//! Pods that go: they drain in peace, and what they had is free when they are gone.

use std::sync::{Arc, PoisonError};

use futures_util::future::join_all;
use tokio::sync::{oneshot, watch};

use super::{handle::MeshHandle, pod::Pod, state::MeshState};

/// Ends pods and frees their addresses and folders; returns when they are gone.
pub(super) async fn end(shared: &MeshHandle, state: &mut MeshState, pods: Vec<Pod>, hurry: watch::Receiver<bool>) {
    let gone = join_all(pods.into_iter().map(|pod| end_one(pod, hurry.clone()))).await;
    for (name, address) in gone {
        free(shared, state, &name, address);
    }
}

/// The same without waiting: a pod may drain for half a minute. The mesh's own end hurries it and
/// waits for it. Whoever wants to know is told of each when it is gone.
pub(super) fn end_later(shared: &Arc<MeshHandle>, pods: Vec<Pod>) -> Vec<oneshot::Receiver<()>> {
    let mut all = Vec::new();
    for pod in pods {
        let (gone, when_gone) = oneshot::channel();
        all.push(when_gone);
        let its = Arc::clone(shared);
        let task = tokio::spawn(async move {
            let (name, address) = end_one(pod, its.hurry.subscribe()).await;
            let mut state = its.state.lock().await;
            free(&its, &mut state, &name, address);
            let _ = gone.send(());
        });
        let mut terminations = shared.terminations.lock().unwrap_or_else(PoisonError::into_inner);
        terminations.retain(|task| !task.is_finished());
        terminations.push(task);
    }
    all
}

async fn end_one(pod: Pod, hurry: watch::Receiver<bool>) -> (String, std::net::Ipv4Addr) {
    let (name, address) = (pod.instance.name.clone(), pod.instance.address);
    pod.end(hurry).await;
    (name, address)
}

fn free(shared: &MeshHandle, state: &mut MeshState, name: &str, address: std::net::Ipv4Addr) {
    state.network.release(address);
    shared.expiries.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    let folder = shared.folder.join(name);
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        tracing::warn!("cannot remove {}: {error}", folder.display());
    }
}
