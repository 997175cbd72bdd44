//! Admission of redirects, rewrites, direct responses and faults.

use super::regex;
use crate::{
    kinds::{Abort, DirectResponse, Fault, Percent, Redirect, Rewrite, grpc_status},
    manifest::Checker,
};

/// Statuses that Envoy accepts for a direct response.
const STATUSES: (u32, u32) = (200, 599);

pub(super) fn redirect(redirect: &Redirect, at: &str, checker: &mut Checker) {
    let is_there = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let texts = [&redirect.uri, &redirect.authority, &redirect.scheme];
    if !texts.into_iter().any(is_there) && redirect.port.is_none() {
        checker.reject(at, "the redirect has no target", "write a uri, an authority, a scheme or a port");
    }
    if let Some(scheme) = redirect.scheme.as_deref().filter(|scheme| !["", "http", "https"].contains(scheme)) {
        checker.reject(&format!("{at}.scheme"), format!("invalid scheme {scheme:?}"), "write http or https");
    }
    if let Some(code) = redirect.redirect_code.filter(|code| *code != 0 && !(300..=399).contains(code)) {
        checker.reject(
            &format!("{at}.redirectCode"),
            format!("{code} is not a redirect status"),
            "write 301, 302, 303, 307 or 308",
        );
    }
}

pub(super) fn rewrite(rewrite: &Rewrite, at: &str, checker: &mut Checker) {
    let is_there = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let by_regex = rewrite.uri_regex_rewrite.as_ref();
    if !is_there(&rewrite.uri) && !is_there(&rewrite.authority) && by_regex.is_none() {
        checker.reject(at, "the rewrite is empty", "write a uri, a uriRegexRewrite or an authority");
    }
    let Some(by_regex) = by_regex else { return };
    let at = format!("{at}.uriRegexRewrite");
    if is_there(&rewrite.uri) {
        checker.reject(&at, "uri and uriRegexRewrite exclude each other", "write uri or uriRegexRewrite, not both");
    }
    for (name, text) in [("match", &by_regex.pattern), ("rewrite", &by_regex.rewrite)] {
        if text.is_empty() {
            checker.reject(&format!("{at}.{name}"), "the text is empty", "write both match and rewrite");
        }
    }
    if let Some(fault) = regex::problem_of(&by_regex.pattern) {
        checker.reject(&format!("{at}.match"), fault, "use the syntax of RE2");
    }
}

pub(super) fn fault(fault: &Fault, at: &str, checker: &mut Checker) {
    if fault.delay.is_none() && fault.abort.is_none() {
        checker.reject(at, "the fault is empty", "write a delay or an abort");
    }
    if let Some(delay) = &fault.delay {
        share(delay.percentage, &format!("{at}.delay.percentage.value"), checker);
    }
    if let Some(abort) = &fault.abort {
        share(abort.percentage, &format!("{at}.abort.percentage.value"), checker);
        status(abort, &format!("{at}.abort"), checker);
    }
}

fn share(percentage: Option<Percent>, field: &str, checker: &mut Checker) {
    if percentage.is_some_and(Percent::is_too_fine) {
        checker.reject(field, "the percentage is below the minimum of 0.0001", "write 0, or at least 0.0001");
    }
}

fn status(abort: &Abort, at: &str, checker: &mut Checker) {
    match (abort.http_status, &abort.grpc_status) {
        (Some(_), Some(_)) => checker.reject(
            at,
            "httpStatus and grpcStatus exclude each other",
            "write httpStatus or grpcStatus, not both",
        ),
        // Istio accepts it, but Envoy rejects it.
        (None, None) => checker.reject(at, "the abort has no status", "write httpStatus or grpcStatus"),
        (Some(status), None) => {
            checker.check_range(&format!("{at}.httpStatus"), Some(status.into()), STATUSES.0, STATUSES.1);
        }
        (None, Some(name)) => {
            if grpc_status(name).is_none() {
                let help = "write one of gRPC's names in capitals, as UNAVAILABLE";
                checker.reject(&format!("{at}.grpcStatus"), format!("invalid gRPC status {name:?}"), help);
            }
        }
    }
}

pub(super) fn direct_response(answer: &DirectResponse, at: &str, checker: &mut Checker) {
    checker.check_range(&format!("{at}.status"), Some(answer.status.into()), STATUSES.0, STATUSES.1);
}
