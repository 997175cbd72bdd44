//! Matches rules against a request, or against one of its calls.

use meshwalk_faults::Scope;

use super::request_view::RequestView;

/// True if the rule is about calls to this upstream, or about requests for `None`.
fn is_about(scope: &Scope, upstream: Option<&str>) -> bool {
    match (&scope.upstream, upstream) {
        (None, None) => true,
        (Some(glob), Some(name)) => glob.matches(name.as_bytes()),
        _ => false,
    }
}

/// True if all conditions of a scope hold.
pub(super) fn covers(scope: &Scope, view: RequestView<'_>) -> bool {
    is_about(scope, view.upstream) && covers_request(scope, view)
}

/// True if all conditions on the request itself hold, for a rule about it or about its calls.
pub(super) fn covers_request(scope: &Scope, view: RequestView<'_>) -> bool {
    scope.method.as_ref().is_none_or(|method| method == view.method)
        && scope.path.as_ref().is_none_or(|path| path.matches(view.path.as_bytes()))
        && scope.headers.iter().all(|(name, glob)| {
            view.headers.get_all(name).iter().any(|value| glob.matches(value.as_bytes().trim_ascii()))
        })
}
