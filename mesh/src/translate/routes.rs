//! A VirtualService's routes as Envoy's.

use meshwalk_yaml::{Diagnostic, Diagnostics};
use serde_json::{Value, json};

use super::{
    fault,
    header_operations::HeaderChanges,
    load_balancing,
    mesh_view::{MeshService, MeshView, has_labels},
    message::set,
    names::{self, MESH_GATEWAY},
    policy::Policy,
    retry, route_action, route_match,
};
use crate::{
    kinds::{HttpMatch, HttpRoute, VirtualService},
    manifest::{Key, Object},
    topology::Instance,
};

/// For whom routes are made.
pub(crate) struct RouteContext<'a> {
    pub(crate) mesh: &'a MeshView<'a>,
    /// The pod whose proxy follows them.
    pub(crate) client: &'a Instance,
    /// Under which names of gateways they apply: `mesh`, or `namespace/name` of Gateways.
    pub(crate) gateways: Vec<String>,
    /// The port that was asked for.
    pub(crate) port: u16,
}

/// A place in a VirtualService, for messages.
pub(crate) struct FieldRef<'a> {
    pub(crate) key: &'a Key,
    pub(crate) object: &'a Object<VirtualService>,
    pub(crate) field: String,
}

impl FieldRef<'_> {
    /// A problem at this place.
    pub(crate) fn diagnostic(&self, field: &str, message: impl Into<String>, help: &str) -> Diagnostics {
        Diagnostic::new(message)
            .at(&self.object.location)
            .resource(format!("VirtualService {}/{}", self.key.namespace, self.key.name))
            .field(format!("{}{field}", self.field))
            .help(help)
            .into()
    }
}

/// The routes of a VirtualService that are for this proxy and port, in their order.
///
/// # Errors
/// What cannot be translated.
pub(crate) fn of_virtual_service(
    context: &RouteContext<'_>,
    key: &Key,
    object: &Object<VirtualService>,
) -> Result<Vec<Value>, Diagnostics> {
    let mut routes = Vec::new();
    for (index, route) in object.spec.http.iter().enumerate() {
        let spot = FieldRef { key, object, field: format!("spec.http[{index}]") };
        if route.matches.is_empty() {
            routes.push(translate(context, route, None, &spot)?);
        }
        for condition in &route.matches {
            if is_for(context, condition, &key.namespace) {
                routes.push(translate(context, route, Some(condition), &spot)?);
            }
        }
    }
    Ok(routes)
}

/// Conditions on the caller are decided here: each proxy gets only the routes that are for it.
fn is_for(context: &RouteContext<'_>, condition: &HttpMatch, namespace: &str) -> bool {
    if condition.port.is_some_and(|port| port != context.port) {
        return false;
    }
    if !condition.gateways.is_empty() {
        return condition.gateways.iter().any(|name| context.gateways.contains(&gateway_name(name, namespace)));
    }
    has_labels(&context.client.labels, &condition.source_labels)
        && condition.source_namespace.as_ref().is_none_or(|source| *source == context.client.namespace)
}

/// A Gateway's name as `namespace/name`; `mesh` stays.
pub(crate) fn gateway_name(name: &str, namespace: &str) -> String {
    if name == MESH_GATEWAY || name.contains('/') { name.to_owned() } else { format!("{namespace}/{name}") }
}

fn translate(
    context: &RouteContext<'_>,
    route: &HttpRoute,
    condition: Option<&HttpMatch>,
    spot: &FieldRef<'_>,
) -> Result<Value, Diagnostics> {
    let names = [route.name.as_deref(), condition.and_then(|condition| condition.name.as_deref())];
    let mut written = json!({
        "name": names.into_iter().flatten().collect::<Vec<_>>().join("."),
        "match": route_match::of(condition),
        "decorator": { "operation": operation(context, route, condition, spot) },
    });
    let mut changes = HeaderChanges::of(route.headers.as_ref());
    if let Some(redirect) = &route.redirect {
        set(&mut written, "redirect", route_action::redirect(redirect, spot)?);
    } else if let Some(response) = &route.direct_response {
        set(&mut written, "direct_response", route_action::direct_response(response));
    } else {
        set(&mut written, "route", route_action::forward(context, route, &mut changes, spot)?);
    }
    changes.apply(&mut written);
    if let Some(config) = route.fault.as_ref().and_then(fault::of_route) {
        set(&mut written, "typed_per_filter_config", json!({ fault::FILTER: config }));
    }
    Ok(written)
}

/// What spans call the request: the destination if there is one, or else the VirtualService, and the path's pattern.
fn operation(
    context: &RouteContext<'_>,
    route: &HttpRoute,
    condition: Option<&HttpMatch>,
    spot: &FieldRef<'_>,
) -> String {
    let path = route_match::path_pattern(condition);
    match route.route.as_slice() {
        [only] => {
            let host = names::full_host(&only.destination.host, &spot.key.namespace);
            let port = only.destination.port.map_or(context.port, |port| port.number);
            format!("{host}:{port}{path}")
        }
        _ => format!("{}:{}{path}", spot.key.name, context.port),
    }
}

/// The route of a service that no VirtualService routes.
pub(crate) fn default_route(context: &RouteContext<'_>, service: &MeshService) -> Value {
    let mut action = json!({
        "cluster": names::outbound_cluster(context.port, "", &service.host),
        "timeout": "0s",
        "max_stream_duration": { "grpc_timeout_header_max": "0s" },
        "retry_policy": retry::default_policy(),
    });
    let rule = context.mesh.destination_rule(&context.client.namespace, service);
    let hash = Policy::of(rule, "", context.port).load_balancer.and_then(|balancer| balancer.consistent_hash.as_ref());
    if let Some(policy) = hash.and_then(load_balancing::hash_policy) {
        set(&mut action, "hash_policy", json!([policy]));
    }
    json!({
        "name": "default",
        "match": { "prefix": "/" },
        "decorator": { "operation": format!("{}:{}/*", service.host, context.port) },
        "route": action,
    })
}
