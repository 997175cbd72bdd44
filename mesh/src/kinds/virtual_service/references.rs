//! Checks the destinations of routes. Envoy rejects a route to a missing cluster, with a less helpful message.

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
            diagnostics.push(service.diagnostic("spec.http", "the VirtualService has no route").help("write a route"));
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

/// All destinations of a route, with their fields.
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
        0 => "the route has no action",
        _ => "the route has several actions",
    };
    Some(service.diagnostic(at, message).help("write exactly one of route, redirect and directResponse"))
}

/// Checks that the sum of the weights is not 0. An absent weight is 0, except for a single destination.
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
                .diagnostic(&format!("{field}.host"), format!("Service {host} does not exist"))
                .help(format!("existing: {}", known(services.keys().map(String::as_str)))),
        );
    };
    let ports: Vec<String> = target.spec.ports.iter().map(|port| port.port.to_string()).collect();
    let ports = || known(ports.iter().map(String::as_str));
    match to.port {
        None if target.spec.ports.len() != 1 => {
            let diagnostic =
                service.diagnostic(&format!("{field}.port"), format!("{} has several ports", target.identity()));
            return Some(diagnostic.help(format!("existing: {}", ports())));
        }
        Some(port) if !target.spec.ports.iter().any(|known| known.port == port.number) => {
            let message = format!("{} has no port {}", target.identity(), port.number);
            let diagnostic = service.diagnostic(&format!("{field}.port.number"), message);
            return Some(diagnostic.help(format!("existing: {}", ports())));
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
            .help(format!("define it, or change this route first; existing: {}", known(defined)))
    })
}
