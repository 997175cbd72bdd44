//! Labs on a fake target: what the engine does, and what its report says.

pub(crate) mod fake;
mod gates;
mod life;
mod reports;

use std::sync::Mutex;

use fake::Fake;
use meshwalk::{
    engine::{Engine, Event, Interrupt, Interrupter, Observer, SnapshotStore},
    lab::{self, Lab},
    report::Report,
};

/// Remembers nothing but what a test asks for.
#[derive(Default)]
struct Quiet {
    /// Interrupts the run when the first traffic is under way.
    interrupter: Mutex<Option<Interrupter>>,
}

impl Observer for Quiet {
    fn tell(&self, event: &Event<'_>) {
        if let Event::Sending(_, progress) = event
            && progress.sent > 0
            && let Some(interrupter) = self.interrupter.lock().unwrap().take()
        {
            interrupter.interrupt();
        }
    }
}

/// The files that the labs of these tests apply.
const FILES: [(&str, &str); 5] = [
    ("v1.yaml", "# v2 0\n"),
    ("quarter.yaml", "# v2 25\n"),
    ("half.yaml", "# v2 50\n"),
    ("denied.yaml", "# status 403\n"),
    ("refused.yaml", "# refused\n"),
];

/// Reads a lab of these steps.
fn lab(fake: &Fake, steps: &str) -> Lab {
    let file = fake.root.path().join("1-test.yaml");
    std::fs::write(&file, format!("lab: test\ntitle: A test\nteaches: <nothing>\nsteps:\n{steps}")).unwrap();
    lab::read(&file).unwrap_or_else(|diagnostics| panic!("{diagnostics}")).0
}

async fn run_with(fake: &Fake, labs: &[Lab], observer: &Quiet, interrupt: Interrupt) -> Report {
    let snapshot_store = SnapshotStore::at(&fake.root.path().join("before.json"));
    let engine = Engine { platform: fake, observer, interrupt, root: fake.root.path(), snapshot_store };
    engine.run(labs).await.unwrap()
}

/// Runs a lab of these steps.
async fn run(fake: &Fake, steps: &str) -> Report {
    let (_interrupter, interrupt) = Interrupter::new();
    run_with(fake, &[lab(fake, steps)], &Quiet::default(), interrupt).await
}

/// A line of a lab: enough traffic to tell a quarter from a half.
const TRAFFIC: &str = "    traffic: {from: gateway, rate: 2000/s, for: 200ms}\n";
