//! Port-forwards to pods: started on demand, kept, and restarted after they end.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStdout},
    sync::Mutex,
};

use super::kubectl::Kubectl;
use crate::platform::PlatformError;

/// Time limit for a port-forward to start.
const START: Duration = Duration::from_secs(20);
/// Number of attempts, because a pod may be terminating.
const TRIES: u32 = 3;

/// Namespace, destination and destination ports of a port-forward.
type Key = (String, String, Vec<u16>);

/// Port-forwards by destination.
#[derive(Default)]
pub(super) struct Forwards {
    open: Mutex<BTreeMap<Key, Forward>>,
}

/// Running port-forward. It ends when dropped.
struct Forward {
    child: Child,
    /// Local ports, in the order of the destination ports.
    local: Vec<u16>,
}

impl Forwards {
    /// Returns the local address that forwards to `port`, one of `ports`, of a pod or service. A port-forward ends with
    /// the first connection that the pod refuses, so unrelated ports have separate port-forwards.
    ///
    /// # Errors
    /// Returns kubectl's message if the port-forward does not start.
    pub(super) async fn reach(
        &self,
        kubectl: &Kubectl,
        namespace: &str,
        to: &str,
        ports: &[u16],
        port: u16,
    ) -> Result<SocketAddr, PlatformError> {
        let key = (namespace.to_owned(), to.to_owned(), ports.to_vec());
        let mut open = self.open.lock().await;
        let alive = open.get_mut(&key).is_some_and(|forward| matches!(forward.child.try_wait(), Ok(None)));
        if !alive {
            open.remove(&key);
            let mut started = start(kubectl, namespace, to, ports).await;
            for _ in 1..TRIES {
                if started.is_ok() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
                started = start(kubectl, namespace, to, ports).await;
            }
            open.insert(key.clone(), started?);
        }
        let location = ports.iter().position(|asked| *asked == port);
        let local = open.get(&key).zip(location).and_then(|(forward, location)| forward.local.get(location)).copied();
        let missing = || PlatformError::failed(format!("the port-forward to {to}"), format!("it lacks port {port}"));
        Ok((Ipv4Addr::LOCALHOST, local.ok_or_else(missing)?).into())
    }

    /// Ends the port-forward to these ports, because kubectl may keep running while it resets every connection. The
    /// next caller starts a new one.
    pub(super) async fn renew(&self, namespace: &str, to: &str, ports: &[u16]) {
        self.open.lock().await.remove(&(namespace.to_owned(), to.to_owned(), ports.to_vec()));
    }

    /// Ends port-forwards to pods that no longer exist.
    pub(super) async fn keep_only(&self, namespace: &str, is_there: impl Fn(&str) -> bool) {
        self.open.lock().await.retain(|(of, to, _), _| of != namespace || is_there(to));
    }
}

async fn start(kubectl: &Kubectl, namespace: &str, to: &str, ports: &[u16]) -> Result<Forward, PlatformError> {
    let wanted: Vec<_> = ports.iter().map(|port| format!(":{port}")).collect();
    let mut words = vec!["port-forward", "--address", "127.0.0.1", to];
    words.extend(wanted.iter().map(String::as_str));
    let arguments = kubectl.arguments_in(namespace, &words);
    let line = Kubectl::line(&arguments);
    kubectl.show(&line);
    let mut command = kubectl.lasting(&arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| PlatformError::failed(&line, error))?;
    let (Some(out), Some(mut err)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(PlatformError::failed(line, "its output cannot be read"));
    };
    let mut out = BufReader::new(out);
    match tokio::time::timeout(START, read_ports(&mut out, ports.len())).await {
        Ok(Some(local)) => {
            // Read the output, because kubectl reports each connection and would block on a full pipe.
            tokio::spawn(async move { tokio::io::copy(&mut out, &mut tokio::io::sink()).await });
            tokio::spawn(async move { tokio::io::copy(&mut err, &mut tokio::io::sink()).await });
            Ok(Forward { child, local })
        }
        Ok(None) => {
            let mut said = String::new();
            let _ = tokio::time::timeout(START, err.read_to_string(&mut said)).await;
            Err(PlatformError::failed(line, said.trim()))
        }
        Err(_) => Err(PlatformError::failed(line, format!("it did not come up within {START:?}"))),
    }
}

/// Returns the local ports once `kubectl` has reported this number of them, or `None` if it ends before.
async fn read_ports(out: &mut BufReader<ChildStdout>, count: usize) -> Option<Vec<u16>> {
    let mut local = Vec::new();
    let mut line = String::new();
    while local.len() < count {
        line.clear();
        if out.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        local.extend(announcement(&line));
    }
    Some(local)
}

/// Parses the local port of a line like `Forwarding from 127.0.0.1:35029 -> 8080`. The lines have the order of the
/// requested ports. The second number is the pod's port, which may differ from the service's.
fn announcement(line: &str) -> Option<u16> {
    line.trim().strip_prefix("Forwarding from 127.0.0.1:")?.split_once(" -> ")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::announcement;

    #[test]
    fn the_local_port_is_read_from_what_kubectl_announces() {
        assert_eq!(announcement("Forwarding from 127.0.0.1:35029 -> 8080\n"), Some(35029));
        assert_eq!(announcement("Forwarding from [::1]:35029 -> 8080\n"), None);
        assert_eq!(announcement("Handling connection for 35029\n"), None);
    }
}
