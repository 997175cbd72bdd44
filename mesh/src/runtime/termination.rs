//! Pod termination: drain, then release address and folder.

use std::sync::{Arc, PoisonError};

use futures_util::future::join_all;
use tokio::sync::{oneshot, watch};

use super::{handle::MeshHandle, pod::Pod, state::MeshState};

/// Terminates pods, releases their addresses and folders, and waits until they have exited.
pub(super) async fn terminate(shared: &MeshHandle, state: &mut MeshState, pods: Vec<Pod>, kill: watch::Receiver<bool>) {
    let exited = join_all(pods.into_iter().map(|pod| terminate_pod(pod, kill.clone()))).await;
    for (name, address) in exited {
        release(shared, state, &name, address);
    }
}

/// Terminates pods in the background, because a pod may drain for half a minute. Each receiver is notified when its pod
/// has exited. [`super::Mesh::down`] kills and awaits them.
pub(super) fn terminate_in_background(shared: &Arc<MeshHandle>, pods: Vec<Pod>) -> Vec<oneshot::Receiver<()>> {
    let mut receivers = Vec::new();
    for pod in pods {
        let (exited, receiver) = oneshot::channel();
        receivers.push(receiver);
        let handle = Arc::clone(shared);
        let task = tokio::spawn(async move {
            let (name, address) = terminate_pod(pod, handle.kill.subscribe()).await;
            let mut state = handle.state.lock().await;
            release(&handle, &mut state, &name, address);
            let _ = exited.send(());
        });
        let mut terminations = shared.terminations.lock().unwrap_or_else(PoisonError::into_inner);
        terminations.retain(|task| !task.is_finished());
        terminations.push(task);
    }
    receivers
}

async fn terminate_pod(pod: Pod, kill: watch::Receiver<bool>) -> (String, std::net::Ipv4Addr) {
    let (name, address) = (pod.instance.name.clone(), pod.instance.address);
    pod.terminate(kill).await;
    (name, address)
}

fn release(shared: &MeshHandle, state: &mut MeshState, name: &str, address: std::net::Ipv4Addr) {
    state.network.release(address);
    shared.expiries.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    let folder = shared.folder.join(name);
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        tracing::warn!("cannot remove {}: {error}", folder.display());
    }
}
