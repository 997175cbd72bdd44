//! Parses a check as written on a command line: `p99 <= 50ms`, `share v2: 10%`, or as in a lab.

use std::path::PathBuf;

use meshwalk_yaml::{self as yaml, Content, Location, Node};
use serde_json::{Map, Value};

use super::{Check, Scope, checks};
use crate::reader::Reader;

/// Reads a check of the traffic itself. `KEY VALUE` is short for `KEY: VALUE` of a lab, and `KEY CLASS: SHARE` for
/// `KEY: {CLASS: SHARE}`; the form of a lab, as `share: {v1: 90%, v2: 10%}`, is valid too.
///
/// # Errors
/// Returns what is wrong with the expression, with a hint.
pub fn check_of_expression(text: &str) -> Result<Check, String> {
    let location = Location { file: PathBuf::from("(expression)"), line: 1, column: 1 };
    let node = match as_map(text) {
        Some(map) => Node::from_json(&map, &location),
        None => as_in_a_lab(text, &location)?,
    };
    let mut reader = Reader::default();
    let found = checks(&mut reader, &node, "", false);
    let diagnostics: Vec<String> = reader
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let field = diagnostic.field.as_ref().map_or_else(String::new, |field| format!("{field}: "));
            let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
            format!("{field}{}{help}", diagnostic.message)
        })
        .collect();
    if !diagnostics.is_empty() {
        return Err(diagnostics.join(". "));
    }
    let [check] = <[Check; 1]>::try_from(found).map_err(|_| "one check is needed".to_owned())?;
    if check.of.is_some() {
        return Err("`of` names the traffic of a lab; leave it out".to_owned());
    }
    if check.kind.scope() > Scope::Traffic {
        return Err("this check needs the evidence of a lab; check shares, latencies, peers or attempts".to_owned());
    }
    Ok(check)
}

/// Returns the map that the short form is equivalent to, or `None` for the form of a lab.
fn as_map(text: &str) -> Option<Value> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))?;
    let (key, rest) = text.split_at(end);
    let value = rest.trim_start();
    if key.is_empty() || rest.starts_with([':', '{', '[', '"', '\'']) {
        return None;
    }
    let (class, share) = value.rsplit_once(':').unwrap_or_default();
    let value = if key == "slower" && !class.is_empty() {
        serde_json::json!({"than": class.trim(), "share": share.trim()})
    } else if class.is_empty() || value.contains("://") {
        scalar(value)
    } else {
        let pairs = value.split(',').map(|pair| {
            let (class, share) = pair.rsplit_once(':').unwrap_or((pair, ""));
            (class.trim().to_owned(), Value::from(share.trim()))
        });
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    Some(Value::Object(Map::from_iter([(key.to_owned(), value)])))
}

/// Parses a whole number as a number, because some checks count, and any other value as text.
fn scalar(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from)
}

fn as_in_a_lab(text: &str, location: &Location) -> Result<Node, String> {
    let documents = yaml::parse(text, &location.file).map_err(|diagnostic| diagnostic.message)?;
    match documents.as_slice() {
        [document] if matches!(document.root.content, Content::Mapping(_)) => Ok(document.root.clone()),
        _ => Err("write a check, as `p99 <= 50ms`, `success >= 99%` or `share v2: 10%`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        checks::{
            self, CheckKind,
            category::Category,
            expected_share::ExpectedShare,
            latency::{Latency, Quantile},
            shares::Shares,
        },
        quantity::Op,
    };

    #[test]
    fn short_forms_stand_for_those_of_a_lab() {
        for (short, long) in [
            ("p99 <= 50ms", "p99: \"<= 50ms\""),
            ("p99<=50ms", "p99: \"<= 50ms\""),
            ("max >= 1s", "max: \">= 1s\""),
            ("success >= 99.9%", "success: \">= 99.9%\""),
            ("success 100%", "success: 100%"),
            ("share v2: 10%", "share: {v2: 10%}"),
            ("share v1: 90%, v2: 10%", "{share: {v1: 90%, v2: 10%}}"),
            ("share v2: >= 5%", "share: {v2: \">= 5%\"}"),
            ("status 503: <= 1%", "status: {503: \"<= 1%\"}"),
            ("status 200", "status: 200"),
            ("failures none", "failures: none"),
            ("slower 1s: 50%", "slower: {than: 1s, share: 50%}"),
            ("answered-by 3", "answered-by: 3"),
            ("peer spiffe://cluster.local/ns/a/sa/b", "peer: spiffe://cluster.local/ns/a/sa/b"),
        ] {
            let (short_check, long_check) = (check_of_expression(short), check_of_expression(long));
            assert_eq!(short_check.clone().map(|check| check.kind), long_check.map(|check| check.kind), "{short}");
            assert!(short_check.is_ok(), "{short}: {short_check:?}");
        }
        let check = check_of_expression("p99 <= 50ms").unwrap();
        assert_eq!(check.kind, CheckKind::Latency(Latency(Quantile::P99, Op::AtMost, Duration::from_millis(50))));
        assert_eq!(checks::name(&check), "p99");
        let CheckKind::Shares(Shares { category: Category::Version, wanted, .. }) =
            check_of_expression("share v2: 10%").unwrap().kind
        else {
            panic!("not a share")
        };
        assert_eq!(wanted["v2"], ExpectedShare::Exactly(0.1));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_right() {
        for (text, part) in [
            ("", "p99 <= 50ms"),
            ("nonsense", "p99 <= 50ms"),
            ("p98 <= 5ms", "did you mean `p9"),
            ("p99 50ms", "`<=` or `>=`"),
            ("p99 <= fast", "`fast` is not a duration"),
            ("share v2: ten", "`ten` is not a percentage"),
            ("share v1: 90%, v2: 20%", "add up to 110 %"),
            ("status 99: 10%", "`99` cannot occur"),
            ("{success: 100%, of: main}", "leave it out"),
            ("probes: ready", "evidence of a lab"),
        ] {
            let error = check_of_expression(text).map(|check| check.kind).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
