//! Compares the resources that a cluster's API server accepts (by a dry run) and that the local mesh accepts.

use std::{collections::BTreeSet, process::Stdio};

use anyhow::{Context, bail};
use meshwalk::{
    cli::{eprint_progress, print},
    namespace::Namespace,
    platform::Kubectl,
};
use meshwalk_conformance::{
    admission::{self, AdmissionCase, LocalAdmission},
    names, project,
};
use tokio::io::AsyncWriteExt;

/// Arguments of `admission`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Context of kubectl.
    #[arg(long)]
    context: Option<String>,
    /// Existing namespace, in which no resource is stored.
    #[arg(long, default_value = "default")]
    namespace: String,
}

/// Number of resources in one call of kubectl.
const AT_ONCE: usize = 100;

/// Asks both meshes. Returns true if each gives the expected answer to every question.
///
/// # Errors
/// Fails if a question is invalid, or the API server cannot be reached.
pub(crate) async fn run(args: &Args) -> anyhow::Result<bool> {
    let questions = admission::read_all()?;
    let local = LocalAdmission::new()?;
    let show = Box::new(|line: &str| eprint_progress(&format!("$ {line}")));
    let kubectl = Kubectl::new(args.context.clone(), Namespace::named(&args.namespace)?, project(), show);
    let mut unexpected = 0;
    for questions in questions.chunks(AT_ONCE) {
        for (question, there) in questions.iter().zip(ask(&kubectl, &args.namespace, questions).await?) {
            let here = local.refuses(&question.resource("admission", names::NAMESPACE));
            let as_written = match (&question.refused, &there) {
                (None, None) => here.is_none(),
                (Some(words), Some(said)) => here.is_some() && said.contains(words),
                _ => false,
            };
            if !as_written {
                unexpected += 1;
                let location = question.location.as_ref().map(ToString::to_string).unwrap_or_default();
                let words = |refusal: Option<String>| refusal.unwrap_or_else(|| "takes it".to_owned());
                let (here, there) = (words(here.map(|diagnostics| diagnostics.to_string())), words(there));
                print(&format!("{location}\n  the API server: {there}\n  the local mesh: {here}"));
            }
        }
    }
    print(&format!(
        "{} resources were asked about: {unexpected} are not let in or refused as written",
        questions.len()
    ));
    Ok(unexpected == 0)
}

/// Returns the API server's rejection of each resource, or `None` for those that it accepts.
async fn ask(kubectl: &Kubectl, namespace: &str, questions: &[AdmissionCase]) -> anyhow::Result<Vec<Option<String>>> {
    let name = |index: usize| format!("admission-{index}");
    let resources = questions.iter().enumerate().map(|(index, question)| question.resource(&name(index), namespace));
    let text: Vec<String> = resources.map(|resource| resource.to_string()).collect();
    let arguments = kubectl.arguments(&["create", "--dry-run=server", "-o", "name", "-f", "-"]);
    kubectl.show(&Kubectl::line(&arguments));
    let mut command = kubectl.command(&arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn()?;
    let mut input = process.stdin.take().context("kubectl has no input")?;
    let written = async move { input.write_all(text.join("\n---\n").as_bytes()).await };
    let (written, output) = tokio::join!(written, process.wait_with_output());
    written.context("kubectl does not read the resources")?;
    let output = output?;
    let (taken, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let taken: BTreeSet<&str> = taken.lines().filter_map(|line| line.rsplit_once('/')).map(|(_, name)| name).collect();
    // The rejections have the order of the resources, and some do not name theirs.
    let mut refusals: Vec<String> = Vec::new();
    for line in said.lines().filter(|line| !line.starts_with("Warning:")) {
        match refusals.last_mut() {
            Some(last) if !line.starts_with("Error from server") && !line.starts_with("The ") => {
                last.push_str(&format!(" {line}"))
            }
            _ => refusals.push(line.to_owned()),
        }
    }
    if taken.len() + refusals.len() != questions.len() {
        bail!("kubectl says of {} resources what becomes of them, of {}: {said}", questions.len(), taken.len());
    }
    let mut refusals = refusals.into_iter();
    Ok((0..questions.len())
        .map(|index| (!taken.contains(name(index).as_str())).then(|| refusals.next()).flatten())
        .collect())
}
