//! Checks that the files of labs exist and are valid, and that a mesh would accept each state a lab reaches.

use std::path::{Path, PathBuf};

use meshwalk_mesh::resources::Resources;
use meshwalk_yaml::{Diagnostic, Diagnostics, Location, nearest};

use super::{Actions, Lab, workloads};

/// Folder of the workload's manifests, relative to the project's root.
const BASE: &str = "k8s/base";

/// Reports which of the named files do not exist.
pub(super) fn present(root: &Path, files: &[(PathBuf, Location, String)]) -> Vec<Diagnostic> {
    let absent = files.iter().filter(|(path, _, _)| !root.join(path).exists());
    absent
        .map(|(path, location, field)| {
            let message = format!("there is no file or folder {}", path.display());
            Diagnostic::new(message).at(location).field(field).help(similar(root, path).map_or_else(
                || "paths are relative to the folder that holds k8s/base".to_owned(),
                |similar| format!("did you mean `{}`?", similar.display()),
            ))
        })
        .collect()
}

/// Finds a file with a similar name in the folder of a missing file.
fn similar(root: &Path, path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let names: Vec<String> =
        root.join(folder).read_dir().ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str)).map(|name| folder.join(name))
}

/// Simulates the states of a lab, starting with the workload's manifests.
pub(super) fn rehearse(root: &Path, lab: &Lab) -> Result<(), Diagnostics> {
    let base = Resources::read(&[root.join(BASE)])?;
    let start = Resources::default().with(&base)?;
    workloads::known(&start, lab)?;
    let mut state = after(root, &start, &lab.start, lab, "start")?;
    for (index, step) in lab.steps.iter().enumerate() {
        let what = |part: &str| format!("steps[{index}]{part}");
        state = after(root, &state, &step.actions, lab, &what(""))?;
        if let Some(during) = &step.during {
            state = after(root, &state, during, lab, &what(".during"))?;
        }
        if let Some(gate) = &step.gate {
            let back = after(root, &state, &gate.rollback, lab, &what(".gate.rollback"))?;
            if step.expects_breach() {
                state = back;
            }
        }
    }
    Ok(())
}

fn after(root: &Path, state: &Resources, actions: &Actions, lab: &Lab, field: &str) -> Result<Resources, Diagnostics> {
    let rooted = |files: &[PathBuf]| files.iter().map(|file| root.join(file)).collect::<Vec<_>>();
    let change = || {
        let mut state = state.clone();
        if !actions.apply.is_empty() {
            state = state.with(&Resources::read(&rooted(&actions.apply))?)?;
        }
        if !actions.delete.is_empty() {
            state = state.without(&Resources::read(&rooted(&actions.delete))?)?;
        }
        Ok(state)
    };
    let state = change().map_err(|Diagnostics(mut diagnostics)| {
        // The message names the manifest; the location is that of the action in the lab.
        let context = format!("{}: a mesh would reject {field}:", lab.file.display());
        diagnostics.insert(0, Diagnostic::new(context));
        Diagnostics(diagnostics)
    })?;
    workloads::have_faults(&state, actions, field)?;
    Ok(state)
}
