//! Checks that the user has the RBAC permissions labs need.

use std::collections::BTreeMap;

use super::{ClusterPlatform, GATEWAY_NAMESPACE, objects::KINDS};
use crate::platform::PlatformError;

/// Number of concurrent checks, each of which is a process.
const AT_ONCE: usize = 6;
/// Verbs used on objects of each kind.
const VERBS: [&str; 5] = ["list", "create", "patch", "update", "delete"];

impl ClusterPlatform {
    /// Asks the cluster whether the user may do what labs do.
    ///
    /// # Errors
    /// Returns all missing permissions.
    pub(super) async fn permissions(&self) -> Result<(), PlatformError> {
        let namespace = self.kubectl.namespace().name();
        let mut needed = vec![(namespace, "list", "pods"), (namespace, "create", "pods/portforward")];
        needed.push((namespace, "watch", "pods"));
        // For restarts and scaling, and for watching their rollouts.
        needed.extend(["list", "watch", "patch"].map(|verb| (namespace, verb, "deployments.apps")));
        needed.push((namespace, "patch", "deployments.apps/scale"));
        // For distinguishing the workloads a lab adds from existing ones.
        needed.extend(["services", "serviceaccounts"].map(|kind| (namespace, "list", kind)));
        // All kinds are read; labs change these.
        needed.extend(KINDS.iter().map(|kind| (namespace, "list", *kind)));
        for kind in [KINDS[0], KINDS[1], KINDS[2], KINDS[6], KINDS[7]] {
            needed.extend(VERBS[1..].iter().map(|verb| (namespace, *verb, kind)));
        }
        let mut missing = self.refused(&needed).await;
        let gateway = [("list", "pods"), ("create", "pods/portforward"), ("get", "services")];
        let gateway: Vec<_> = gateway.iter().map(|(verb, what)| (GATEWAY_NAMESPACE, *verb, *what)).collect();
        let missing_at_gateway = self.refused(&gateway).await;
        let mut help = String::new();
        if missing_at_gateway.is_empty() {
        } else if self.ways.gateway.is_some() {
            // Without it, the gateway's routes are not checked, and a lab's own wait replaces that check.
            let _ = self.blind.set(true);
            self.kubectl.remark("the routes of the gateway's proxy cannot be read; only the effects of a change show that it has arrived");
        } else {
            missing.extend(missing_at_gateway);
            help = "; with --gateway URL, nothing is needed in istio-system".to_owned();
        }
        if missing.is_empty() {
            return Ok(());
        }
        let why = format!(
            "you may not: {}\nask the cluster's administrator for a Role with these rights{help}",
            missing.join(", ")
        );
        Err(PlatformError::failed("looking whether the labs are allowed what they do", why))
    }

    /// Returns those of some permissions (namespace, verb, resource) that the cluster denies.
    async fn refused(&self, needed: &[(&str, &str, &str)]) -> Vec<String> {
        let ask = |(namespace, verb, what): (String, String, String)| async move {
            // kubectl would read the text after a slash as the name of an object.
            let part = what.split_once('/').map(|(_, part)| format!("--subresource={part}"));
            let whole = what.split('/').next().unwrap_or(&what);
            let words = ["auth", "can-i", verb.as_str(), whole].into_iter().chain(part.as_deref());
            let arguments = self.kubectl.arguments_in(&namespace, &words.collect::<Vec<_>>());
            let answer = self.kubectl.run(&arguments, None).await;
            // kubectl reports a denial with exit code 1.
            let refused = answer.err().is_some_and(|error| error.to_string().lines().any(|l| l.trim().ends_with("no")));
            refused.then_some((namespace, verb, what))
        };
        let mut missing = BTreeMap::<(String, String), Vec<String>>::new();
        for some in needed.chunks(AT_ONCE) {
            let questions = some.iter().map(|(a, b, c)| ask(((*a).to_owned(), (*b).to_owned(), (*c).to_owned())));
            for (namespace, verb, what) in futures_util::future::join_all(questions).await.into_iter().flatten() {
                missing.entry((namespace, what)).or_default().push(verb);
            }
        }
        let right = |((namespace, what), verbs): ((String, String), Vec<String>)| {
            format!("{} {what} in {namespace}", verbs.join("/"))
        };
        missing.into_iter().map(right).collect()
    }
}
