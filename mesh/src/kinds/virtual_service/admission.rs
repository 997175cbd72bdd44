//! Admission of VirtualServices.

mod headers;
mod matches;
mod regex;
mod retries;
mod traffic;

use crate::{
    kinds::{Destination, HttpRoute, VirtualService},
    manifest::{Checker, Object, hosts, label_names},
};

pub(super) fn check(service: &Object<VirtualService>, checker: &mut Checker) {
    checker.check_exports(service);
    let names = &service.spec.hosts;
    let gateways = &service.spec.gateways;
    let in_mesh = gateways.is_empty() || gateways.iter().any(|gateway| gateway == "mesh");
    for (index, host) in names.iter().enumerate() {
        let field = format!("spec.hosts[{index}]");
        if !label_names::is_domain(host) {
            let help = "write the name of a Service, a domain, or one that begins with `*.`";
            checker.reject(&field, format!("invalid host name {host:?}"), help);
        } else if host == "*" && in_mesh {
            let help = "name the Services, or only Gateways in spec.gateways";
            checker.reject(&field, "the host * is for Gateways only", help);
        } else if let Some(other) = names[..index].iter().find(|other| hosts::overlap(host, other)) {
            checker.reject(&field, format!("{other} contains the host {host} too"), "keep one of them");
        }
    }
    for (index, http) in service.spec.http.iter().enumerate() {
        route(http, &format!("spec.http[{index}]"), checker);
    }
}

fn route(route: &HttpRoute, at: &str, checker: &mut Checker) {
    for (index, condition) in route.matches.iter().enumerate() {
        matches::check(condition, &format!("{at}.match[{index}]"), checker);
    }
    if let Some(redirect) = &route.redirect {
        traffic::redirect(redirect, &format!("{at}.redirect"), checker);
    }
    if let Some(answer) = &route.direct_response {
        traffic::direct_response(answer, &format!("{at}.directResponse"), checker);
    }
    if let Some(rewrite) = &route.rewrite {
        traffic::rewrite(rewrite, &format!("{at}.rewrite"), checker);
    }
    if let Some(fault) = &route.fault {
        traffic::fault(fault, &format!("{at}.fault"), checker);
    }
    if let Some(retries) = &route.retries {
        retries::check(retries, &format!("{at}.retries"), checker);
    }
    headers::check(route.headers.as_ref(), &format!("{at}.headers"), checker);
    check_exclusive_fields(route, at, checker);
    for (index, to) in route.route.iter().enumerate() {
        let at = format!("{at}.route[{index}]");
        checker.check_int32(&format!("{at}.weight"), to.weight);
        headers::check(to.headers.as_ref(), &format!("{at}.headers"), checker);
        subset(&to.destination, &format!("{at}.destination"), checker);
    }
    for (index, to) in route.mirrors.iter().enumerate() {
        subset(&to.destination, &format!("{at}.mirrors[{index}].destination"), checker);
    }
    if let Some(to) = &route.mirror {
        subset(to, &format!("{at}.mirror"), checker);
    }
}

/// Rejects fields of a route that exclude each other.
fn check_exclusive_fields(route: &HttpRoute, at: &str, checker: &mut Checker) {
    let answers = [("redirect", route.redirect.is_some()), ("directResponse", route.direct_response.is_some())];
    let others = [("fault", route.fault.is_some()), ("rewrite", route.rewrite.is_some())];
    for (answer, _) in answers.into_iter().filter(|(_, is)| *is) {
        for (other, _) in others.into_iter().filter(|(_, is)| *is) {
            let message = format!("a route cannot have both {answer} and {other}");
            checker.reject(&format!("{at}.{other}"), message, format!("write {answer} or {other}, not both"));
        }
    }
    if route.mirror.is_some() && !route.mirrors.is_empty() {
        let message = "mirror and mirrors exclude each other";
        checker.reject(&format!("{at}.mirror"), message, "move it into mirrors");
    }
}

fn subset(to: &Destination, at: &str, checker: &mut Checker) {
    if let Some(name) = to.subset.as_deref().filter(|name| !name.is_empty() && !label_names::is_domain_label(name)) {
        checker.reject(&format!("{at}.subset"), format!("invalid subset name {name:?}"), SUBSET_HELP);
    }
}

/// Help for an invalid subset name.
pub(in crate::kinds) const SUBSET_HELP: &str = "use letters, digits and `-`, with a letter or digit first and last";
