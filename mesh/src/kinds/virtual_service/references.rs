//! Where the routes of VirtualServices lead. A route to a cluster that does not exist is refused by Envoy, and Istio
//! would answer 503: both say less than a message beforehand.

use meshwalk_yaml::Diagnostic;

use crate::{
    kinds::{
        Destination, HttpRoute, Resources, VirtualService,
        references::{known, services},
    },
    manifest::{Object, hosts},
};

pub(super) fn check(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    for service in set.virtual_services.values() {
        if service.spec.http.is_empty() {
            diagnostics
                .push(service.diagnostic("spec.http", "it has no route").help("write what becomes of the requests"));
        }
        for (index, route) in service.spec.http.iter().enumerate() {
            let at = format!("spec.http[{index}]");
            diagnostics.extend(one_answer(service, route, &at));
            diagnostics.extend(weights(service, route, &at));
            for (field, to) in destinations(route) {
                diagnostics.extend(destination(set, service, &format!("{at}.{field}"), to));
            }
        }
    }
}

/// Every destination of a route, with its field.
fn destinations(route: &HttpRoute) -> Vec<(String, &Destination)> {
    let routed = route.route.iter().enumerate().map(|(at, to)| (format!("route[{at}].destination"), &to.destination));
    let mirrored =
        route.mirrors.iter().enumerate().map(|(at, to)| (format!("mirrors[{at}].destination"), &to.destination));
    routed.chain(mirrored).chain(route.mirror.iter().map(|to| ("mirror".to_owned(), to))).collect()
}

fn one_answer(service: &Object<VirtualService>, route: &HttpRoute, at: &str) -> Option<Diagnostic> {
    let answers = [!route.route.is_empty(), route.redirect.is_some(), route.direct_response.is_some()];
    let message = match answers.into_iter().filter(|answer| *answer).count() {
        1 => return None,
        0 => "this route leads nowhere",
        _ => "this route has more than one answer",
    };
    Some(service.diagnostic(at, message).help("write exactly one of route, redirect and directResponse"))
}

/// Weights are parts of their sum. One that is absent counts as 0, except for a single destination.
fn weights(service: &Object<VirtualService>, route: &HttpRoute, at: &str) -> Option<Diagnostic> {
    let several = route.route.len() > 1;
    let sum: u64 = route.route.iter().map(|to| u64::from(to.weight.unwrap_or(0))).sum();
    (several && sum == 0).then(|| {
        service
            .diagnostic(&format!("{at}.route"), "the weights add up to 0")
            .help("give at least one destination a weight")
    })
}

fn destination(set: &Resources, service: &Object<VirtualService>, field: &str, to: &Destination) -> Option<Diagnostic> {
    let services = services(set);
    let host = hosts::full(&to.host, &service.key.namespace);
    let Some(target) = services.get(&host) else {
        return Some(
            service
                .diagnostic(&format!("{field}.host"), format!("there is no Service {host}"))
                .help(format!("name one that is there: {}", known(services.keys().map(String::as_str)))),
        );
    };
    let ports: Vec<String> = target.spec.ports.iter().map(|port| port.port.to_string()).collect();
    let ports = || known(ports.iter().map(String::as_str));
    match to.port {
        None if target.spec.ports.len() != 1 => {
            let diagnostic =
                service.diagnostic(&format!("{field}.port"), format!("{} has several ports", target.identity()));
            return Some(diagnostic.help(format!("name one of them: {}", ports())));
        }
        Some(port) if !target.spec.ports.iter().any(|known| known.port == port.number) => {
            let message = format!("{} has no port {}", target.identity(), port.number);
            let diagnostic = service.diagnostic(&format!("{field}.port.number"), message);
            return Some(diagnostic.help(format!("name one that it has: {}", ports())));
        }
        _ => {}
    }
    let subset = to.subset.as_deref()?;
    let defined: Vec<&str> = set
        .destination_rules
        .values()
        .filter(|rule| hosts::full(&rule.spec.host, &rule.key.namespace) == host)
        .flat_map(|rule| &rule.spec.subsets)
        .map(|subset| subset.name.as_str())
        .collect();
    (!defined.contains(&subset)).then(|| {
        service
            .diagnostic(&format!("{field}.subset"), format!("no DestinationRule defines the subset {subset} of {host}"))
            .help(format!(
                "define it, or change this route first, or name a subset that is defined: {}",
                known(defined)
            ))
    })
}
