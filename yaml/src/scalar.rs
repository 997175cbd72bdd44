//! Resolves plain scalars and rejects those that YAML 1.1 and 1.2 read differently.
//!
//! `kubectl` reads YAML 1.1 (`sigs.k8s.io/yaml`), most other tools YAML 1.2's core schema. An ambiguous file could have
//! different meanings here and in a cluster.

use serde_json::Number;

use super::Content;
use crate::Diagnostic;

/// Value of a scalar without quotes.
///
/// # Errors
/// If it is ambiguous, or JSON cannot represent it.
pub(super) fn resolve_plain(text: &str) -> Result<Content, Diagnostic> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Content::Null),
        "true" | "True" | "TRUE" => return Ok(Content::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Content::Bool(false)),
        _ => {}
    }
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "yes" | "on" | "y" => return Err(ambiguous(text, "true or text", "true")),
        "no" | "off" | "n" => return Err(ambiguous(text, "false or text", "false")),
        _ => {}
    }
    let digits = lower.strip_prefix(['-', '+']).unwrap_or(&lower);
    if [".inf", ".nan"].contains(&digits) {
        return Err(Diagnostic::new(format!("`{text}` is not a number that Kubernetes can store"))
            .help(format!("write a finite number, or quote it if text is meant: \"{text}\"")));
    }
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Ok(Content::String(text.to_owned()));
    }
    if let Some(hex) = digits.strip_prefix("0x").filter(|hex| hex.chars().all(|c| c.is_ascii_hexdigit())) {
        let value = u64::from_str_radix(hex, 16).map_err(|_| number_too_large(text))?;
        return Ok(Content::Number(value.into()));
    }
    if is_ambiguous_number(digits) {
        return Err(Diagnostic::new(format!("`{text}` is ambiguous: YAML 1.1 and YAML 1.2 read it differently"))
            .help(format!("write a plain decimal number, or quote it if text is meant: \"{text}\"")));
    }
    if digits.chars().all(|c| c.is_ascii_digit()) {
        let plain = text.strip_prefix('+').unwrap_or(text);
        let number = plain.parse::<u64>().map(Number::from).or_else(|_| plain.parse::<i64>().map(Number::from));
        return number.map(Content::Number).map_err(|_| number_too_large(text));
    }
    if is_decimal(digits) {
        let number = text.parse::<f64>().ok().and_then(Number::from_f64).ok_or_else(|| number_too_large(text))?;
        return Ok(Content::Number(number));
    }
    Ok(Content::String(text.to_owned()))
}

/// Text of a key without quotes.
///
/// # Errors
/// If it is ambiguous.
pub(super) fn resolve_plain_key(text: &str) -> Result<String, Diagnostic> {
    match resolve_plain(text)? {
        Content::Null => Err(Diagnostic::new("a key must be text").help(format!("quote it: \"{text}\""))),
        Content::Number(number) if number.to_string() != text => {
            Err(Diagnostic::new(format!("the key `{text}` would become `{number}`"))
                .help(format!("quote it: \"{text}\"")))
        }
        Content::Bool(value) if value.to_string() != text => {
            Err(Diagnostic::new(format!("the key `{text}` would become `{value}`"))
                .help(format!("quote it: \"{text}\"")))
        }
        _ => Ok(text.to_owned()),
    }
}

/// True for octal (`017`, `0o17`), binary (`0b1`), digit groups (`1_000`) and base 60 (`1:30`).
fn is_ambiguous_number(digits: &str) -> bool {
    let all = |part: &str, allowed: &[char]| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || allowed.contains(&c))
    };
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && all(digits, &[]);
    let prefixed = digits.strip_prefix("0o").or_else(|| digits.strip_prefix("0b")).is_some_and(|d| all(d, &['_']));
    let grouped = digits.contains('_') && all(digits, &['_', '.']);
    let (groups, last) = digits.rsplit_once(':').unwrap_or(("", digits));
    let sexagesimal = groups.split(':').all(|group| all(group, &['_']))
        && last.split_once('.').is_none_or(|(_, fraction)| fraction.is_empty() || all(fraction, &['_']))
        && last.find('.').unwrap_or(last.len()) <= 2
        && all(last, &['.']);
    leading_zero || prefixed || grouped || sexagesimal
}

/// True if a text matches `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` of YAML 1.2.2, section 10.3.2.
fn is_decimal(digits: &str) -> bool {
    let (mantissa, exponent) = digits.split_once('e').map_or((digits, None), |(m, e)| (m, Some(e)));
    let number = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['-', '+']).unwrap_or(e);
        !e.is_empty() && number(e)
    });
    number(whole) && number(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent_fits
}

fn ambiguous(text: &str, meanings: &str, value: &str) -> Diagnostic {
    Diagnostic::new(format!("`{text}` is ambiguous: {meanings}, depending on the YAML version"))
        .help(format!("write {value}, or quote it if text is meant: \"{text}\""))
}

fn number_too_large(text: &str) -> Diagnostic {
    Diagnostic::new(format!("`{text}` exceeds 64 bits")).help(format!("quote it if text is meant: \"{text}\""))
}
