//! Runs cases on a mesh, and writes the observations.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use meshwalk::{
    cli::{eprint_progress, print},
    lab::PlatformKind,
};
use meshwalk_conformance::{
    case::{self, Case},
    names, project,
    suite::{self, CaseOutcome, Outcome},
    test_mesh::{Cluster, Local, TestMesh},
};
use tokio::signal::unix::{SignalKind, signal};

/// Arguments of `behaviour`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Names of cases [default: all cases].
    cases: Vec<String>,
    /// Where to run the cases.
    #[arg(long, value_enum, default_value = "local")]
    on: PlatformKind,
    /// Context of kubectl.
    #[arg(long)]
    context: Option<String>,
    /// Namespace to create for the cases; a second one has the suffix `-other`.
    #[arg(long, default_value = names::NAMESPACE)]
    namespace: String,
    /// Also run cases that change the mesh's root namespace on a cluster, which affects every workload.
    #[arg(long)]
    mesh_wide: bool,
    /// Write the observations to this file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Runs the cases. Returns true if all passed.
///
/// # Errors
/// Fails if a case is invalid, or a mesh cannot be reached.
pub(crate) async fn run(args: &Args) -> anyhow::Result<bool> {
    let (cases, left_out) = chosen(args)?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut mesh = match args.on {
        PlatformKind::Local => {
            let program = std::env::current_exe()?;
            TestMesh::Local(Box::new(Local::up(program.parent().unwrap_or(Path::new("."))).await?))
        }
        PlatformKind::Cluster => {
            let show = Box::new(|line: &str| eprint_progress(&format!("$ {line}")));
            TestMesh::Cluster(Box::new(Cluster::up(args.context.clone(), args.namespace.clone(), show).await?))
        }
    };
    let mut outcome =
        Outcome { target: mesh.name().to_owned(), namespace: mesh.namespace().to_owned(), cases: Vec::new(), left_out };
    let ran = tokio::select! {
        ran = all(&mut mesh, &cases, &mut outcome) => ran,
        _ = interrupt.recv() => Err(anyhow::anyhow!("interrupted")),
        _ = terminate.recv() => Err(anyhow::anyhow!("interrupted")),
    };
    // An aborted case has not deleted its resources. Those in the namespaces are deleted with them.
    if ran.is_err() {
        for case in cases.iter().filter(|case| case.mesh_wide) {
            let _ = mesh.delete(&case.resources).await;
        }
    }
    let ended = mesh.end().await;
    ran?;
    ended?;
    if let Some(file) = &args.report {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(file, serde_json::to_string_pretty(&outcome)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let passed = outcome.cases.iter().filter(|case| case.passed).count();
    print(&format!("{passed} of {} cases passed on {}", outcome.cases.len(), outcome.target));
    Ok(outcome.passed())
}

/// Returns the cases to run, and the names of those excluded here.
fn chosen(args: &Args) -> anyhow::Result<(Vec<Case>, Vec<String>)> {
    let folder = project().join("tests/conformance/cases");
    let mut cases = case::read_all(&folder, &args.namespace)?;
    for name in &args.cases {
        if !cases.iter().any(|case| case.case == *name) {
            bail!("there is no case {name:?} in {}", folder.display());
        }
    }
    cases.retain(|case| args.cases.is_empty() || args.cases.contains(&case.case));
    let mut left_out = Vec::new();
    if args.on == PlatformKind::Cluster && !args.mesh_wide {
        for case in cases.iter().filter(|case| case.mesh_wide) {
            eprint_progress(&format!("left out: {} changes the whole mesh; --mesh-wide runs it", case.case));
            left_out.push(case.case.clone());
        }
        cases.retain(|case| !case.mesh_wide);
    }
    Ok((cases, left_out))
}

async fn all(mesh: &mut TestMesh, cases: &[Case], outcome: &mut Outcome) -> anyhow::Result<()> {
    let clear = case::read(&project().join("tests/conformance/clear.yaml"), mesh.namespace())?;
    for case in cases {
        let done = suite::run(mesh, case, &clear).await.with_context(|| format!("the case {}", case.case))?;
        eprint_progress(&line(case, &done));
        outcome.cases.push(done);
    }
    Ok(())
}

fn line(case: &Case, done: &CaseOutcome) -> String {
    let word = match (&done.refused, done.passed) {
        (Some(_), true) => "refused, as intended",
        (None, true) => "ok",
        (_, false) => "FAILED",
    };
    let mut text = format!("{word}  {} ({}), {:.1} s", case.case, case.title, done.took_s);
    for unmet in &done.unmet {
        text.push_str(&format!("\n    {unmet}"));
    }
    text
}
