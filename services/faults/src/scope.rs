//! Which requests a rule is about.

use http::{HeaderName, Method};

use super::{error::ValueError, glob::Glob};

/// The conditions of a rule. All of them must hold; without any, it is about every request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The path as it came, without the query.
    pub path: Option<Glob>,
    /// The method.
    pub method: Option<Method>,
    /// One of the values that came under the name must match.
    pub headers: Vec<(HeaderName, Glob)>,
    /// Which upstreams' calls it is about; without one, it is about requests and not about calls.
    pub upstream: Option<Glob>,
}

pub(crate) fn parse_path(text: &str) -> Result<Glob, ValueError> {
    if text.starts_with(['/', '*', '?']) {
        return Ok(Glob::new(text));
    }
    let message = format!("no path begins like `{text}`");
    Err(ValueError::new(0..text.len(), message, "a path pattern begins with `/` or `*`, as in /api/*"))
}

pub(crate) fn parse_method(text: &str) -> Result<Method, ValueError> {
    Method::from_bytes(text.to_ascii_uppercase().as_bytes()).map_err(|_| {
        ValueError::new(
            0..text.len(),
            format!("`{text}` is not a valid method"),
            "a method is one word, as in GET or POST",
        )
    })
}

pub(crate) fn parse_header(text: &str) -> Result<(HeaderName, Glob), ValueError> {
    const HELP: &str = "write NAME:VALUE, as in x-user:alice or, for any value, x-user:*";
    let Some((name, value)) = text.split_once(':') else {
        return Err(ValueError::new(0..text.len(), format!("the header `{text}` has no value"), HELP));
    };
    let Ok(parsed) = HeaderName::from_bytes(name.trim().as_bytes()) else {
        return Err(ValueError::new(0..name.len(), format!("`{name}` is not a valid header name"), HELP));
    };
    // Values on the wire carry no outer white space, so a pattern with some could never match.
    Ok((parsed, Glob::new(value.trim())))
}
