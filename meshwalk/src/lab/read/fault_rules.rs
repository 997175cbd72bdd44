//! Parses fault rules completely before anything starts, by the parser that applications use.

use meshwalk_faults::Rule;
use meshwalk_yaml::Node;

use crate::reader::Reader;

/// Parses the text of rules to set while applications run.
///
/// # Errors
/// Returns the problem of the first invalid rule, its location and a hint, or an error for a text without rules.
pub fn read(text: &str) -> Result<Vec<Rule>, String> {
    let rules = Rule::parse_for_run_time(text).map_err(|error| format!("the fault rule is wrong: {error}"))?;
    if rules.is_empty() {
        return Err("there is no fault rule in it; write one, as `error=503@30%`".to_owned());
    }
    Ok(rules)
}

/// Reports the problem of a lab's rules at its location within them. `node` is text that is not blank.
pub(super) fn check(reader: &mut Reader, node: &Node, field: &str) {
    let Err(error) = Rule::parse_for_run_time(node.as_str().unwrap_or_default()) else { return };
    // If the location within the text is unknown, report that of the text. The message names the rule's line anyway.
    let location = std::fs::read_to_string(&node.location.file)
        .ok()
        .and_then(|source| node.location_within(&source, error.line(), error.column()));
    let message = format!("the fault rule in `{}` is wrong: {}", error.excerpt().trim(), error.message());
    reader.wrong(location.as_ref().unwrap_or(&node.location), field, message, Some(error.help().to_owned()));
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
}
