//! Whether a rule is about a request, or about one of its calls.

use meshwalk_faults::Scope;

use super::subject::Subject;

/// Whether it is about the calls to this upstream, or about requests where there is none.
fn is_about(scope: &Scope, upstream: Option<&str>) -> bool {
    match (&scope.upstream, upstream) {
        (None, None) => true,
        (Some(glob), Some(name)) => glob.matches(name.as_bytes()),
        _ => false,
    }
}

/// Whether all conditions of a scope hold.
pub(super) fn covers(scope: &Scope, subject: Subject<'_>) -> bool {
    is_about(scope, subject.upstream)
        && scope.method.as_ref().is_none_or(|method| method == subject.method)
        && scope.path.as_ref().is_none_or(|path| path.matches(subject.path.as_bytes()))
        && scope.headers.iter().all(|(name, glob)| {
            subject.headers.get_all(name).iter().any(|value| glob.matches(value.as_bytes().trim_ascii()))
        })
}
