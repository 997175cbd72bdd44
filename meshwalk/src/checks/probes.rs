//! `probes`: every instance is ready.

use super::{CheckSpec, Entry, Evidence, Finding, Needs, Reader, Scope};

/// Expects every instance to be ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probes;

impl CheckSpec for Probes {
    const WORDS: &'static [&'static str] = &["probes"];
    const SCOPE: Scope = Scope::Step;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        reader.word(&entry.value, at, &[("ready", Self)])
    }

    fn expected(&self) -> String {
        "every instance is ready".to_owned()
    }

    fn needs(&self, needs: &mut Needs) {
        needs.instances = true;
    }

    fn decide(&self, evidence: &Evidence, _of: Option<&str>) -> Finding {
        let instances = &evidence.instances;
        let names = |ready: bool| {
            let names = instances.iter().filter(|instance| instance.ready == ready).map(|instance| &*instance.name);
            names.collect::<Vec<_>>()
        };
        let (ready, unready) = (names(true), names(false));
        let observed = format!("{} of {} instances are ready", ready.len(), instances.len());
        if instances.is_empty() {
            return Finding::fails(observed, "there is no instance");
        }
        if unready.is_empty() {
            return Finding::holds(observed, ready.join(", "));
        }
        Finding::fails(observed, format!("not ready: {}", unready.join(", ")))
    }
}
