//! Which requests a rule is about.

use http::{HeaderName, Method};

use super::{glob::Glob, problem::Complaint, subject::Subject};

/// The conditions of a rule. All of them must hold; without any, it is about every request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scope {
    /// The path as it came, without the query.
    pub(super) path: Option<Glob>,
    pub(super) method: Option<Method>,
    /// One of the values that came under the name must match.
    pub(super) headers: Vec<(HeaderName, Glob)>,
    /// Which upstreams' calls it is about; without one, it is about requests and not about calls.
    pub(super) upstream: Option<Glob>,
}

impl Scope {
    /// Whether it is about the calls to this upstream, or about requests where there is none.
    fn is_about(&self, upstream: Option<&str>) -> bool {
        match (&self.upstream, upstream) {
            (None, None) => true,
            (Some(glob), Some(name)) => glob.matches(name.as_bytes()),
            _ => false,
        }
    }

    pub(super) fn covers(&self, subject: Subject<'_>) -> bool {
        self.is_about(subject.upstream)
            && self.method.as_ref().is_none_or(|method| method == subject.method)
            && self.path.as_ref().is_none_or(|path| path.matches(subject.path.as_bytes()))
            && self.headers.iter().all(|(name, glob)| {
                subject.headers.get_all(name).iter().any(|value| glob.matches(value.as_bytes().trim_ascii()))
            })
    }
}

pub(super) fn parse_path(text: &str) -> Result<Glob, Complaint> {
    if text.starts_with(['/', '*', '?']) {
        return Ok(Glob::new(text));
    }
    let message = format!("no path begins like `{text}`");
    Err(Complaint::new(0..text.len(), message, "a path pattern begins with `/` or `*`, as in /api/*"))
}

pub(super) fn parse_method(text: &str) -> Result<Method, Complaint> {
    Method::from_bytes(text.to_ascii_uppercase().as_bytes()).map_err(|_| {
        Complaint::new(0..text.len(), format!("`{text}` is no method"), "a method is one word, as in GET or POST")
    })
}

pub(super) fn parse_header(text: &str) -> Result<(HeaderName, Glob), Complaint> {
    const REMEDY: &str = "write NAME:VALUE, as in x-user:alice or, for any value, x-user:*";
    let Some((name, value)) = text.split_once(':') else {
        return Err(Complaint::new(0..text.len(), format!("the header `{text}` has no value"), REMEDY));
    };
    let Ok(parsed) = HeaderName::from_bytes(name.trim().as_bytes()) else {
        return Err(Complaint::new(0..name.len(), format!("`{name}` is no name of a header"), REMEDY));
    };
    // Values on the wire carry no outer white space, so a pattern with some could never match.
    Ok((parsed, Glob::new(value.trim())))
}
