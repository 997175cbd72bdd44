//! References of Gateways.

use std::collections::BTreeMap;

use meshwalk_yaml::Diagnostic;

use crate::{kinds::Resources, manifest::ROOT_NAMESPACE};

/// Labels of the ingress gateway's pods.
const INGRESS: [(&str, &str); 2] = [("istio", "ingressgateway"), ("app", "istio-ingressgateway")];

pub(super) fn check(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    let mut opened: BTreeMap<(u16, String), String> = BTreeMap::new();
    for gateway in set.gateways.values() {
        let selector = &gateway.spec.selector;
        let is_here = |(name, value): (&String, &String)| INGRESS.contains(&(name.as_str(), value.as_str()));
        if selector.is_empty() || !selector.iter().all(is_here) {
            diagnostics.push(
                gateway
                    .diagnostic("spec.selector", "the selector matches no gateway")
                    .help(format!("write istio: ingressgateway, the label of the gateway in {ROOT_NAMESPACE}")),
            );
        }
        for (index, server) in gateway.spec.servers.iter().enumerate() {
            for (at, host) in server.hosts.iter().enumerate() {
                let field = format!("spec.servers[{index}].hosts[{at}]");
                let number = server.port.number;
                match opened.insert((number, host.to_ascii_lowercase()), gateway.identity()) {
                    Some(other) if other != gateway.identity() => diagnostics.push(
                        gateway
                            .diagnostic(&field, format!("{other} has the host {host} at port {number} too"))
                            .help("keep the host in one Gateway; Istio would use the older one"),
                    ),
                    Some(_) => diagnostics.push(
                        gateway
                            .diagnostic(&field, format!("duplicate host {host} for port {number}"))
                            .help("keep one of them"),
                    ),
                    None => {}
                }
            }
        }
    }
}
