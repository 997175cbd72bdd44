//! Fault rules, read in full before anything starts: here and in the applications they are one language.

use meshwalk_faults::{MODES, ModeSpec, Rule};
use meshwalk_yaml::{Node, nearest};

use crate::checks::classes::NONE;
use crate::reader::{Reader, listed};

/// The rules of a text that is to be set while applications run.
///
/// # Errors
/// What is wrong with the first rule that is none, where, and what would be right; or that there is none.
pub fn read(text: &str) -> Result<Vec<Rule>, String> {
    let rules = Rule::parse_for_run_time(text).map_err(|error| format!("the fault rule is wrong: {error}"))?;
    if rules.is_empty() {
        return Err("there is no fault rule in it; write one, as `error=503@30%`".to_owned());
    }
    Ok(rules)
}

/// Notes what is wrong with the rules in a lab, at its place within them. `node` is text that is not blank.
pub(super) fn check(reader: &mut Reader, node: &Node, field: &str) {
    let Err(error) = Rule::parse_for_run_time(node.as_str().unwrap_or_default()) else { return };
    // Where the place cannot be told, it is that of the text; the line of the rule is named anyway.
    let location = std::fs::read_to_string(&node.location.file)
        .ok()
        .and_then(|source| node.location_within(&source, error.line(), error.column()));
    let message = format!("the fault rule in `{}` is wrong: {}", error.excerpt().trim(), error.message());
    reader.wrong(location.as_ref().unwrap_or(&node.location), field, message, Some(error.help().to_owned()));
}

/// A mode, by its name.
///
/// # Errors
/// There is none of this name: the one that was probably meant, or all there are.
pub(super) fn mode(name: &str) -> Result<String, String> {
    among(name, MODES.iter().copied(), "is not a mode of faults")
}

/// A mode that shows in the answer of a request, or the word for none.
///
/// # Errors
/// As [`mode`]; also a mode of the process.
pub(super) fn mode_of_requests(name: &str) -> Result<String, String> {
    if name == NONE {
        return Ok(name.to_owned());
    }
    among(name, MODES.iter().copied().filter(|mode| mode.is_about_requests()), "is not a mode of requests' faults")
}

fn among(name: &str, modes: impl Iterator<Item = &'static ModeSpec>, no: &str) -> Result<String, String> {
    let mut names: Vec<_> = modes.map(|mode| mode.name).collect();
    // Two modes may share a name, and then stand together.
    names.dedup();
    if names.contains(&name) {
        return Ok(name.to_owned());
    }
    let help = nearest(name, names.iter().copied())
        .map_or_else(|| format!("there are {}", listed(&names)), |meant| format!("did you mean `{meant}`?"));
    Err(format!("`{name}` {no}; {help}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_those_of_the_language_one_per_line_or_separated_by_bars() {
        for (right, rules) in [
            ("error=503@30%", 1),
            ("latency=uniform(10ms,80ms);header=x-user:alice;seed=7;ttl=60s;id=slow-alice", 1),
            ("error=503 | latency=1s\nunready\n", 3),
            (r#"error=503;path="/a;b|c@d\"e""#, 1),
        ] {
            assert_eq!(read(right).unwrap().len(), rules, "{right}");
        }
    }

    #[test]
    fn what_is_no_rule_is_told_in_the_words_of_the_language() {
        let told = read("error=503|eror=503").unwrap_err();
        assert!(told.starts_with("the fault rule is wrong: unknown mode `eror` (line 1, column 11)\n"), "{told}");
        assert!(told.ends_with("did you mean `error`?"), "{told}");
        assert_eq!(read(" \n"), Err("there is no fault rule in it; write one, as `error=503@30%`".to_owned()));
    }

    #[test]
    fn a_mode_that_there_is_not_is_told_with_what_was_meant() {
        assert_eq!(mode("crash"), Ok("crash".to_owned()));
        assert_eq!(mode("latncy"), Err("`latncy` is not a mode of faults; did you mean `latency`?".to_owned()));
        assert!(mode("explode").unwrap_err().contains("there are `error`, `latency`, "));
        assert_eq!(mode_of_requests("none"), Ok("none".to_owned()));
        assert_eq!(mode_of_requests("cpu"), Ok("cpu".to_owned()));
        let told = mode_of_requests("not-live").unwrap_err();
        assert!(told.starts_with("`not-live` is not a mode of requests' faults; there are `error`, "), "{told}");
    }
}
