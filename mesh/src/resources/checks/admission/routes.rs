//! VirtualServices: hosts, and what a route may have beside what.

use super::{
    super::super::{
        Object, hosts,
        model::{Destination, HttpRoute, VirtualService},
    },
    Judge, headers, matches, names, retries, traffic,
};

pub(super) fn judge(service: &Object<VirtualService>, judge: &mut Judge) {
    judge.exports(service);
    let names = &service.spec.hosts;
    let gateways = &service.spec.gateways;
    let in_mesh = gateways.is_empty() || gateways.iter().any(|gateway| gateway == "mesh");
    for (index, host) in names.iter().enumerate() {
        let field = format!("spec.hosts[{index}]");
        if !names::is_domain(host) {
            let help = "write the name of a Service, a domain, or one that begins with `*.`";
            judge.refuse(&field, format!("{host:?} is no name of a host"), help);
        } else if host == "*" && in_mesh {
            let help = "name the Services, or only Gateways in spec.gateways";
            judge.refuse(&field, "the host * is for Gateways only", help);
        } else if let Some(other) = names[..index].iter().find(|other| hosts::overlap(host, other)) {
            judge.refuse(&field, format!("the host {host} is in {other} already"), "keep one of them");
        }
    }
    for (index, http) in service.spec.http.iter().enumerate() {
        route(http, &format!("spec.http[{index}]"), judge);
    }
}

fn route(route: &HttpRoute, at: &str, judge: &mut Judge) {
    for (index, condition) in route.matches.iter().enumerate() {
        matches::judge(condition, &format!("{at}.match[{index}]"), judge);
    }
    if let Some(redirect) = &route.redirect {
        traffic::redirect(redirect, &format!("{at}.redirect"), judge);
    }
    if let Some(answer) = &route.direct_response {
        traffic::direct_response(answer, &format!("{at}.directResponse"), judge);
    }
    if let Some(rewrite) = &route.rewrite {
        traffic::rewrite(rewrite, &format!("{at}.rewrite"), judge);
    }
    if let Some(fault) = &route.fault {
        traffic::fault(fault, &format!("{at}.fault"), judge);
    }
    if let Some(wanted) = &route.retries {
        retries::judge(wanted, &format!("{at}.retries"), judge);
    }
    headers::judge(route.headers.as_ref(), &format!("{at}.headers"), judge);
    side_by_side(route, at, judge);
    for (index, to) in route.route.iter().enumerate() {
        let at = format!("{at}.route[{index}]");
        judge.counts(&format!("{at}.weight"), to.weight);
        headers::judge(to.headers.as_ref(), &format!("{at}.headers"), judge);
        subset(&to.destination, &format!("{at}.destination"), judge);
    }
    for (index, to) in route.mirrors.iter().enumerate() {
        subset(&to.destination, &format!("{at}.mirrors[{index}].destination"), judge);
    }
    if let Some(to) = &route.mirror {
        subset(to, &format!("{at}.mirror"), judge);
    }
}

/// What does not go together.
fn side_by_side(route: &HttpRoute, at: &str, judge: &mut Judge) {
    let answers = [("redirect", route.redirect.is_some()), ("directResponse", route.direct_response.is_some())];
    let others = [("fault", route.fault.is_some()), ("rewrite", route.rewrite.is_some())];
    for (answer, _) in answers.into_iter().filter(|(_, is)| *is) {
        for (other, _) in others.into_iter().filter(|(_, is)| *is) {
            let message = format!("a route with a {answer} takes no {other}");
            judge.refuse(&format!("{at}.{other}"), message, format!("write {answer} or {other}, not both"));
        }
    }
    if route.mirror.is_some() && !route.mirrors.is_empty() {
        let message = "copies are sent by mirror and by mirrors";
        judge.refuse(&format!("{at}.mirror"), message, "write it as one more of mirrors");
    }
}

fn subset(to: &Destination, at: &str, judge: &mut Judge) {
    if let Some(name) = to.subset.as_deref().filter(|name| !name.is_empty() && !names::is_domain_label(name)) {
        judge.refuse(&format!("{at}.subset"), format!("{name:?} is no name of a subset"), SUBSET);
    }
}

/// What a subset may be called.
pub(super) const SUBSET: &str = "write letters, digits and `-`, beginning and ending with a letter or digit";
