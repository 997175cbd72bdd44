//! Rules that are set while the process runs.

use super::Rule;
use crate::{
    error::ParseError,
    modes::Level,
    syntax::{self, RawRule},
};

impl Rule {
    /// Parses every rule of a text before a client sends it to a control port. Blank text has none.
    ///
    /// What is refused here, a process would refuse. It may still refuse rules that are read here, for what it alone
    /// knows: its caps, its upstreams, and the ids that are taken.
    ///
    /// # Errors
    /// As [`Rule::parse_all`]; also a mode that is allowed at the start only, and an id that occurs twice.
    pub fn parse_for_run_time(text: &str) -> Result<Vec<Self>, ParseError> {
        let mut rules: Vec<Self> = Vec::new();
        for raw in &syntax::parse(text)? {
            let rule = Self::read(text, raw)?;
            let spec = rule.mode.spec();
            if !spec.allows(Level::RunTime) {
                let message = format!("`{}` means nothing once the process runs", spec.name);
                let help = "set it by --fault or MESHWALK_FAULT when the process is started";
                return Err(ParseError::new(text, raw.mode.at.clone(), message, help));
            }
            if let Some(id) = &rule.id
                && rules.iter().any(|other| other.id.as_ref() == Some(id))
            {
                return Err(id_stands_twice(text, raw, id));
            }
            rules.push(rule);
        }
        Ok(rules)
    }
}

fn id_stands_twice(text: &str, raw: &RawRule, id: &str) -> ParseError {
    let value = raw.keys.iter().find(|(key, _)| key.text == "id").map(|(_, value)| value.at.clone());
    let at = value.unwrap_or_else(|| raw.mode.at.clone());
    ParseError::new(text, at, format!("the id `{id}` appears twice"), "give each rule an id of its own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_for_a_process_that_runs_are_read_as_others_are() {
        let text = "error=503@30%;id=bad\nunready;ttl=60s | crash=137;id=end";
        assert_eq!(Rule::parse_for_run_time(text), Rule::parse_all(text));
        assert_eq!(Rule::parse_for_run_time(" \n"), Ok(Vec::new()));
        assert_eq!(Rule::parse_for_run_time("erro=503").unwrap_err(), Rule::parse_all("erro=503").unwrap_err());
    }

    #[test]
    fn what_only_the_start_can_do_is_told_where_it_stands() {
        let error = Rule::parse_for_run_time("error=503 | slow-start=5s").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`slow-start` means nothing once the process runs (line 1, column 13)\n  error=503 | slow-start=5s\n              \
             ^^^^^^^^^^\n  set it by --fault or MESHWALK_FAULT when the process is started"
        );
    }

    #[test]
    fn two_rules_of_one_text_cannot_have_one_id() {
        let error = Rule::parse_for_run_time("error=503;id=a\nlatency=1s;id=b\nreset;id=\"a\"").unwrap_err();
        assert_eq!((error.line(), error.column(), error.message()), (3, 11, "the id `a` appears twice"));
    }
}
