//! Reading checks on instances: what became of them, and from how many the answers came.

use std::collections::BTreeMap;

use meshwalk_yaml::{Content, Node};

use super::check;
use crate::lab::{Kind, PodChange, Wanted};
use crate::reader::{Reader, below};

/// What is expected of each Deployment's instances.
pub(super) fn instances(reader: &mut Reader, value: &Node, at: &str) -> Option<BTreeMap<String, PodChange>> {
    if value.entries().is_empty() {
        let help = Some("write a map, as `{backend-v2: replaced}`".to_owned());
        reader.wrong(&value.location, at, "this names no Deployment", help);
        return None;
    }
    let mut fates = BTreeMap::new();
    for entry in value.entries() {
        let field = below(at, &entry.key);
        let fate = match &entry.value.content {
            Content::Number(_) => reader.count(&entry.value, &field).map(PodChange::Count),
            _ => reader.word(&entry.value, &field, &[("replaced", PodChange::Replaced), ("kept", PodChange::Kept)]),
        };
        fates.extend(fate.map(|fate| (entry.key.clone(), fate)));
    }
    Some(fates)
}

/// A number of instances, or a map of it and of what each gives.
pub(super) fn answered_by(reader: &mut Reader, node: &Node, at: &str) -> Option<Kind> {
    if !matches!(node.content, Content::Mapping(_)) {
        return Some(Kind::AnsweredBy(reader.count(node, at)?, None));
    }
    reader.map(node, at, &["instances", "each"]);
    let count = reader.required(node, at, "instances", "instances: 2")?;
    let count = reader.count(count, &below(at, "instances"))?;
    let bound = |text: &str| match check::wanted(text)? {
        Wanted::Bound(op, share) => Ok((op, share)),
        Wanted::Exactly(_) => Err(format!(
            "`{text}` is no bound, and how load is balanced is no matter of chance alone; write as `\">= 20%\"`"
        )),
    };
    let each = node.get("each").map(|node| reader.parsed(node, &below(at, "each"), bound));
    Some(Kind::AnsweredBy(count, each.flatten()))
}
