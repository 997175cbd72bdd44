//! Admission of header operations: any name that Envoy accepts, and values in Envoy's format syntax.

use crate::{
    kinds::{HeaderOperations, Headers},
    manifest::{Checker, field_key},
};

pub(super) fn check(headers: Option<&Headers>, at: &str, checker: &mut Checker) {
    let Some(headers) = headers else { return };
    for (name, operations) in [("request", &headers.request), ("response", &headers.response)] {
        changes(operations, name == "request", &format!("{at}.{name}"), checker);
    }
}

fn changes(operations: &HeaderOperations, of_request: bool, at: &str, checker: &mut Checker) {
    for (operation, headers) in [("set", &operations.set), ("add", &operations.add)] {
        for (header, value) in headers {
            let field = field_key(&format!("{at}.{operation}"), header);
            // The host of a request may be set.
            if !(of_request && (header == ":authority" || is_host(header))) {
                name(header, &field, checker);
            }
            if let Some(fault) = problem_of(value) {
                checker.reject(&field, fault, "write `%%` for a per cent sign, `%NAME%` for one of Envoy's operators");
            }
        }
    }
    for (index, header) in operations.remove.iter().enumerate() {
        name(header, &format!("{at}.remove[{index}]"), checker);
    }
}

fn name(header: &str, field: &str, checker: &mut Checker) {
    if header.is_empty() {
        checker.reject(field, "the header's name is empty", "write the header's name");
    } else if header.starts_with(':') || is_host(header) {
        let help = "remove it; use rewrite to change the host or the path of a request";
        checker.reject(field, format!("the header {header} cannot be changed here"), help);
    }
}

fn is_host(header: &str) -> bool {
    header.eq_ignore_ascii_case("host")
}

/// Problem of a value, if any: each `%` must be part of an operator or escaped.
fn problem_of(value: &str) -> Option<String> {
    if let Some(sign) = value.chars().find(|sign| sign.is_ascii_control() && *sign != '\t') {
        return Some(format!("invalid character {sign:?} in a header"));
    }
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('%') {
        rest = match after.strip_prefix('%') {
            Some(rest) => rest,
            None => match end_of_operator(after) {
                Some(rest) => rest,
                None => return Some(format!("unterminated operator after a `%` in {value:?}")),
            },
        };
    }
    None
}

/// Rest of a text after the operator `NAME%` or `NAME(…)%`.
fn end_of_operator(text: &str) -> Option<&str> {
    let at = text.find(['%', '('])?;
    if text[at..].starts_with('%') {
        return Some(&text[at + 1..]);
    }
    text[at..].split_once(')')?.1.strip_prefix('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_header_values_with_unterminated_operators() {
        for value in ["", "a", "%%", "100%%", "%REQ(x)%", "%START_TIME(%Y)%", "%a% b", "\t", "ä"] {
            assert_eq!(problem_of(value), None, "{value}");
        }
        for value in ["100%", "100 % of", "%a% %b", "%REQ(x%", "%REQ(x)", "%%%"] {
            assert!(problem_of(value).is_some_and(|fault| fault.contains("unterminated")), "{value}");
        }
        assert!(problem_of("x\ny").is_some_and(|fault| fault.contains("in a header")));
    }
}
