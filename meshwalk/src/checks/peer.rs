//! `peer`: the identity of its caller that the counted service sees.

use std::collections::BTreeMap;

use super::{CheckSpec, Entry, Evidence, Finding, Namespace, Reader, Sample, Scope, category::NONE};
use crate::traffic::Outcome;

/// Expects every request to reach the counted service under this identity, or under none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer(pub Option<String>);

impl CheckSpec for Peer {
    const WORDS: &'static [&'static str] = &["peer"];
    const SCOPE: Scope = Scope::Traffic;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        let peer = reader.text(&entry.value, at)?;
        if peer != NONE && !peer.starts_with("spiffe://") {
            let help = Some("write `none` or a SPIFFE URI, as `spiffe://cluster.local/ns/NAMESPACE/sa/ACCOUNT`");
            reader.wrong(
                &entry.value.location,
                at,
                format!("`{peer}` is not a valid identity"),
                help.map(str::to_owned),
            );
        }
        Some(Self((peer != NONE).then_some(peer)))
    }

    fn expected(&self) -> String {
        name(self.0.as_deref())
    }

    fn replace_namespace(&mut self, namespace: &Namespace) {
        self.0.iter_mut().for_each(|peer| *peer = namespace.replace_in(peer));
    }

    fn check_probe(&self) -> Result<(), &'static str> {
        Ok(())
    }

    fn holds_for_one(&self, sample: &Sample) -> bool {
        sample.outcome.answer().is_some_and(|answer| answer.instance.is_some() && answer.peer == self.0)
    }

    fn decide(&self, evidence: &Evidence, of: Option<&str>) -> Finding {
        let wanted = self.0.as_deref();
        let (mut seen, mut silent, mut total) = (BTreeMap::<Option<&str>, u64>::new(), 0_u64, 0_u64);
        for request in evidence.requests(of) {
            total += request.count;
            match request.outcome {
                // A response that does not come from the service has no information about the caller.
                Outcome::Answer(answer) if answer.instance.is_some() => {
                    *seen.entry(answer.peer.as_deref()).or_default() += request.count;
                }
                _ => silent += request.count,
            }
        }
        let observed: Vec<_> = seen.iter().map(|(peer, count)| format!("{} ({count})", name(*peer))).collect();
        let observed = if observed.is_empty() { "no answer with a caller".to_owned() } else { observed.join(", ") };
        let as_wanted = seen.get(&wanted).copied().unwrap_or_default();
        if as_wanted == total && total > 0 {
            return Finding::holds(observed, format!("all {total} requests arrived as expected"));
        }
        let mut why = vec![format!("{as_wanted} of {total} requests arrived as {}", name(wanted))];
        why.extend(seen.iter().filter(|(peer, _)| **peer != wanted).map(|(peer, n)| format!("{n} as {}", name(*peer))));
        if silent > 0 {
            why.push(format!("{silent} did not reach the service or got no answer from it"));
        }
        Finding::fails(observed, why.join(", "))
    }
}

fn name(peer: Option<&str>) -> String {
    peer.unwrap_or("no identity").to_owned()
}
