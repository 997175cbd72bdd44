//! Port-forwards to pods: started when they are needed, kept, and started again when they have died.

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

/// How long a port-forward may take to come up.
const START: Duration = Duration::from_secs(20);
/// How often it is tried again: a pod may be on its way out.
const TRIES: u32 = 3;

/// A namespace, what a port-forward goes to, and its ports there.
type Key = (String, String, Vec<u16>);

/// Port-forwards by where they go to.
#[derive(Default)]
pub(super) struct Forwards {
    open: Mutex<BTreeMap<Key, Forward>>,
}

/// A port-forward that runs. Dropping it ends it.
struct Forward {
    child: Child,
    /// The local ports, in the order of those that they lead to.
    local: Vec<u16>,
}

impl Forwards {
    /// The local address that leads to `port`, which is one of `ports`, of a pod or service. A port-forward dies with
    /// the first connection that the pod refuses, so ports that are about different things have forwards of their own.
    ///
    /// # Errors
    /// If it does not come up, with what kubectl says.
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

    /// Ends the one to these ports, so that the next one who asks gets a new one: kubectl's may go on running while it
    /// resets every connection.
    pub(super) async fn renew(&self, namespace: &str, to: &str, ports: &[u16]) {
        self.open.lock().await.remove(&(namespace.to_owned(), to.to_owned(), ports.to_vec()));
    }

    /// Ends those to what is not there any more.
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
    match tokio::time::timeout(START, announced(&mut out, ports.len())).await {
        Ok(Some(local)) => {
            // It tells of every connection; a pipe that nobody reads would stop it.
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

/// Local ports, once so many have been announced; None if it ends before.
async fn announced(out: &mut BufReader<ChildStdout>, count: usize) -> Option<Vec<u16>> {
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

/// The local port of a line like `Forwarding from 127.0.0.1:35029 -> 8080`. They come in the order in which they were
/// asked for. The other one says nothing: of a service, it is the port of the pod behind it.
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
