//! Reads checks.

use meshwalk_yaml::{Entry, Node};

use super::{Check, CheckKind, Scope};
use crate::reader::{Reader, below, listed, one_or_many};

/// The keys that may accompany the key of a check.
const BESIDE: [&str; 3] = ["of", "name", "notice"];

/// Reads a check or a list of checks. If `probe` is true, they belong to a wait, which judges one request at a time.
pub(crate) fn checks(reader: &mut Reader, node: &Node, field: &str, probe: bool) -> Vec<Check> {
    let mut found = Vec::new();
    for (field, node) in one_or_many(node, field) {
        found.extend(check(reader, node, &field, probe));
    }
    found
}

fn check(reader: &mut Reader, node: &Node, field: &str, probe: bool) -> Option<Check> {
    let known: Vec<&str> = CheckKind::words().map(|(word, _)| word).chain(BESIDE).collect();
    let before = reader.diagnostics.len();
    let entries = reader.map(node, field, &known);
    let kinds: Vec<&Entry> = entries.iter().filter(|entry| !BESIDE.contains(&entry.key.as_str())).collect();
    let entry = match kinds.as_slice() {
        // An unknown key or a value that is not a map has been reported already.
        _ if reader.diagnostics.len() > before => return None,
        [entry] => entry,
        [] => {
            let words: Vec<_> =
                CheckKind::words().filter(|(_, scope)| *scope < Scope::Step).map(|(word, _)| word).collect();
            let help = format!("write one of {}", listed(&words));
            reader.wrong(&node.location, field, "the check is empty", Some(help));
            return None;
        }
        [_, second, ..] => {
            let help = Some("write each check as an element of its own".to_owned());
            reader.wrong(&second.location, &below(field, &second.key), "this element already has a check", help);
            return None;
        }
    };
    let mut text = |key: &str| node.get(key).and_then(|value| reader.text(value, &below(field, key)));
    let (of, name) = (text("of"), text("name"));
    let at = below(field, &entry.key);
    let mut kind = CheckKind::read(reader, entry, &at)?;
    if let Some(notice) = node.entry("notice") {
        let at = below(field, "notice");
        if let CheckKind::Shares(shares) = &mut kind {
            shares.read_notice(reader, notice, &at);
        } else {
            let help = Some("leave it out; only shares have a deviation to notice".to_owned());
            reader.wrong(&notice.location, &at, format!("it has no effect on `{}`", entry.key), help);
        }
    }
    if let (true, Err(help)) = (probe, kind.check_probe()) {
        reader.wrong(&entry.location, &at, "one probe cannot decide this", Some(help.to_owned()));
    }
    Some(Check { name, of, kind, location: entry.location.clone() })
}
