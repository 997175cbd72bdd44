//! Admission of Gateways.

use std::collections::BTreeSet;

use meshwalk_yaml::{FieldPath, Node};

use crate::{
    kinds::Gateway,
    manifest::{Checker, Object, label_names},
};

pub(super) fn check(gateway: &Object<Gateway>, checker: &mut Checker) {
    if gateway.spec.servers.is_empty() {
        checker.reject("spec.servers", "the Gateway has no server", "write a server");
    }
    let mut ports = BTreeSet::new();
    for (index, server) in gateway.spec.servers.iter().enumerate() {
        let at = format!("spec.servers[{index}]");
        if server.hosts.is_empty() {
            checker.reject(&format!("{at}.hosts"), "the server has no host", "write its hosts, or \"*\"");
        }
        for (index, host) in server.hosts.iter().enumerate() {
            self::host(host, &format!("{at}.hosts[{index}]"), checker);
        }
        if server.port.number == 0 {
            checker.reject(&format!("{at}.port.number"), "invalid port 0", "write a number from 1 to 65535");
        }
        // The name has no effect here, but Istio identifies servers by it.
        let field = format!("{at}.port.name");
        let name = gateway.source.find(&FieldPath::parse(&field)).and_then(Node::as_str).unwrap_or_default();
        if name.is_empty() {
            checker.reject(&field, "the port has no name", "write a name, as http");
        } else if !ports.insert(name) {
            checker.reject(&field, format!("duplicate port name {name}"), "use different names");
        }
    }
}

fn host(host: &str, field: &str, checker: &mut Checker) {
    let (namespace, name) = host.split_once('/').map_or((None, host), |(namespace, name)| (Some(namespace), name));
    if let Some(namespace) = namespace.filter(|name| !["*", "."].contains(name) && !label_names::is_domain_label(name))
    {
        let help = "write a Namespace, `.` for this one or `*` for all before the `/`, or only the host";
        checker.reject(field, format!("invalid namespace name {namespace:?}"), help);
    }
    let is_wild = name.starts_with('*');
    if !label_names::is_domain(name) || (is_wild && name != "*" && !name.starts_with("*.")) {
        let help = "write a domain, as shop.example, or one that begins with `*.`, without a port";
        checker.reject(field, format!("invalid host name {name:?}"), help);
    } else if !is_wild && !name.contains('.') {
        let help = format!("write a name with a domain, as {name}.localhost");
        checker.reject(field, format!("the host {name} has no domain"), help);
    }
}
