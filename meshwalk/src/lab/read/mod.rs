//! Reads labs: every key is known, every applied file exists and is valid, every check can be decided. Nothing starts
//! before a lab is valid, and all problems are reported at once, each with its location.

mod actions;
mod cross;
pub mod fault_rules;
mod step;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use meshwalk_yaml::{self as yaml, Diagnostic, Diagnostics, Location, Node};

use super::{Lab, PlatformKind};
use crate::reader::{Reader, one_or_many};

const KEYS: [&str; 7] = ["lab", "title", "teaches", "targets", "service", "start", "steps"];

/// File that a lab applies or deletes: its path from the project's root, the location that names it, and the field.
pub type NamedFile = (PathBuf, Location, String);

/// Reads a lab and checks it without the files that it applies.
///
/// # Errors
/// Returns all problems of the lab.
pub fn read(path: &Path) -> Result<(Lab, Vec<NamedFile>), Diagnostics> {
    let documents = yaml::read(path)?;
    let [document] = documents.as_slice() else {
        let location = Location { file: path.to_owned(), line: 1, column: 1 };
        let message = format!("the file has {} documents; a lab is one", documents.len());
        return Err(Diagnostic::new(message).at(&location).help("write each lab in a file of its own").into());
    };
    let mut reader = Reader::default();
    let lab = lab(&mut reader, &document.root, path);
    if let Some(lab) = &lab {
        cross::check(&mut reader, lab);
    }
    match lab {
        Some(lab) if reader.diagnostics.is_empty() => Ok((lab, reader.files)),
        _ => {
            reader.diagnostics.sort_by_key(|diagnostic| {
                diagnostic.location.as_ref().map(|location| (location.line, location.column))
            });
            Err(Diagnostics(reader.diagnostics))
        }
    }
}

fn lab(reader: &mut Reader, root: &Node, path: &Path) -> Option<Lab> {
    reader.map(root, "", &KEYS);
    let id = reader.required(root, "", "lab", "lab: canary");
    let id = id.and_then(|node| {
        reader.parsed(node, "lab", |text| {
            let right = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            if right {
                Ok(text.to_owned())
            } else {
                Err(format!("`{text}` is not a valid lab name; write small letters, digits and `-`, as `canary`"))
            }
        })
    });
    let title = reader.required(root, "", "title", "title: Shift traffic in steps");
    let title = title.and_then(|node| reader.text(node, "title"));
    let mut text = |key: &str| root.get(key).and_then(|node| reader.text(node, key));
    let (teaches, service) = (text("teaches"), text("service"));
    let words = [("local", PlatformKind::Local), ("cluster", PlatformKind::Cluster)];
    let platforms = root.get("targets").map_or_else(
        || words.map(|(_, platform)| platform).to_vec(),
        |node| {
            let platforms = one_or_many(node, "targets");
            platforms.into_iter().filter_map(|(field, node)| reader.word(node, &field, &words)).collect()
        },
    );
    let start = root.get("start").map_or_else(Default::default, |node| {
        reader.map(node, "start", &actions::KEYS);
        actions::actions(reader, node, "start")
    });
    let steps_node = reader.required(root, "", "steps", "steps: [{title: …}]")?;
    let mut steps = Vec::new();
    for (index, node) in steps_node.elements().iter().enumerate() {
        steps.extend(step::step(reader, node, &format!("steps[{index}]")));
    }
    if steps_node.elements().is_empty() {
        let help = Some("write a list of steps, each with a title".to_owned());
        reader.wrong(&steps_node.location, "steps", "there is no step", help);
    }
    Some(Lab {
        id: id?,
        number: number(path),
        title: title?,
        teaches: teaches.unwrap_or_default(),
        platforms,
        service: service.unwrap_or_else(|| "backend".to_owned()),
        start,
        steps,
        file: path.to_owned(),
    })
}

/// Returns the number at the start of a file name.
fn number(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    let digits = name.find(|c: char| !c.is_ascii_digit()).map_or(name, |end| &name[..end]);
    digits.parse().ok()
}
