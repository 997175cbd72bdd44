//! The modes of the fault language, so that a slip is told before a lab starts. What their arguments mean stays the
//! application's to say: it is a program of its own, which this one knows by its control port only.

use meshwalk_mesh::yaml::nearest;

/// In the order of docs/faults.md, which the applications' own tests write.
const MODES: [&str; 23] = [
    "error",
    "latency",
    "reset",
    "hang",
    "refuse",
    "drop-headers",
    "size",
    "corrupt",
    "truncate",
    "drip",
    "close",
    "fail-first",
    "latch",
    "flap",
    "rate-limit",
    "unready",
    "not-live",
    "slow-start",
    "crash",
    "leak",
    "cpu",
    "ignore-sigterm",
    "slow-drain",
];

/// Checks that there is a mode of this name.
///
/// # Errors
/// The mode that was probably meant, or all there are.
pub(super) fn check(mode: &str) -> Result<(), String> {
    if MODES.contains(&mode) {
        return Ok(());
    }
    let remedy = nearest(mode, MODES)
        .map_or_else(|| format!("there are {}", MODES.join(", ")), |meant| format!("did you mean `{meant}`?"));
    Err(format!("`{mode}` is not a mode; {remedy}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_modes_are_those_of_the_documentation() {
        let text = include_str!("../../../../docs/faults.md");
        let (_, table) = text.split_once("| mode |").unwrap();
        let (table, _) = table.split_once("| key |").unwrap();
        let word = |line: &'static str| line.strip_prefix("| `")?.split(['`', '=']).next();
        let documented: BTreeSet<&str> = table.lines().filter_map(word).collect();
        assert_eq!(documented, BTreeSet::from(MODES));
    }

    #[test]
    fn a_slip_is_told_with_what_was_meant() {
        assert_eq!(check("latency"), Ok(()));
        assert_eq!(check("latncy"), Err("`latncy` is not a mode; did you mean `latency`?".to_owned()));
        assert!(check("explode").unwrap_err().contains("there are error, latency,"));
    }
}
