//! Translates the routes of a VirtualService.

use meshwalk_yaml::{Diagnostic, Diagnostics};
use serde_json::{Value, json};

use super::{
    fault,
    header_operations::HeaderChanges,
    load_balancing,
    mesh_view::{MeshService, MeshView},
    message::set,
    names,
    policy::EffectivePolicy,
    retry, route_action, route_match,
};
use crate::{
    kinds::{HttpMatch, HttpRoute, VirtualService},
    manifest::{Key, Object, has_labels, hosts},
    topology::Instance,
};

/// Context of a translated route.
pub(crate) struct RouteContext<'a> {
    pub(crate) mesh: &'a MeshView<'a>,
    /// Pod whose proxy gets the routes.
    pub(crate) client: &'a Instance,
    /// Gateways for which routes apply: `mesh`, or Gateways as `namespace/name`.
    pub(crate) gateways: Vec<String>,
    /// Port of the request.
    pub(crate) port: u16,
}

/// A field of a VirtualService, for diagnostics.
pub(crate) struct VirtualServiceField<'a> {
    pub(crate) key: &'a Key,
    pub(crate) object: &'a Object<VirtualService>,
    pub(crate) field: String,
}

impl VirtualServiceField<'_> {
    /// A problem of the field.
    pub(crate) fn diagnostic(&self, field: &str, message: impl Into<String>, help: &str) -> Diagnostics {
        Diagnostic::new(message)
            .at(&self.object.location)
            .resource(format!("VirtualService {}/{}", self.key.namespace, self.key.name))
            .field(format!("{}{field}", self.field))
            .help(help)
            .into()
    }
}

/// Routes of a VirtualService for this proxy and port, in order.
///
/// # Errors
/// Routes that cannot be translated.
pub(crate) fn of_virtual_service(
    context: &RouteContext<'_>,
    key: &Key,
    object: &Object<VirtualService>,
) -> Result<Vec<Value>, Diagnostics> {
    let mut routes = Vec::new();
    for (index, route) in object.spec.http.iter().enumerate() {
        let field_ref = VirtualServiceField { key, object, field: format!("spec.http[{index}]") };
        if route.matches.is_empty() {
            routes.push(translate(context, route, None, &field_ref)?);
        }
        for condition in &route.matches {
            if is_for(context, condition, &key.namespace) {
                routes.push(translate(context, route, Some(condition), &field_ref)?);
            }
        }
    }
    Ok(routes)
}

/// True if the conditions on the caller match this proxy's pod. Other proxies do not get the route.
fn is_for(context: &RouteContext<'_>, condition: &HttpMatch, namespace: &str) -> bool {
    if condition.port.is_some_and(|port| port != context.port) {
        return false;
    }
    if !condition.gateways.is_empty() {
        return condition.gateways.iter().any(|name| context.gateways.contains(&hosts::gateway(name, namespace)));
    }
    has_labels(&context.client.labels, &condition.source_labels)
        && condition.source_namespace.as_ref().is_none_or(|source| *source == context.client.namespace)
}

fn translate(
    context: &RouteContext<'_>,
    route: &HttpRoute,
    condition: Option<&HttpMatch>,
    field_ref: &VirtualServiceField<'_>,
) -> Result<Value, Diagnostics> {
    let names = [route.name.as_deref(), condition.and_then(|condition| condition.name.as_deref())];
    let mut written = json!({
        "name": names.into_iter().flatten().collect::<Vec<_>>().join("."),
        "match": route_match::of(condition),
        "decorator": { "operation": operation(context, route, condition, field_ref) },
    });
    let mut changes = HeaderChanges::of(route.headers.as_ref());
    if let Some(redirect) = &route.redirect {
        set(&mut written, "redirect", route_action::redirect(redirect, field_ref)?);
    } else if let Some(response) = &route.direct_response {
        set(&mut written, "direct_response", route_action::direct_response(response));
    } else {
        set(&mut written, "route", route_action::forward(context, route, &mut changes, field_ref)?);
    }
    changes.apply(&mut written);
    if let Some(config) = route.fault.as_ref().and_then(fault::of_route) {
        set(&mut written, "typed_per_filter_config", json!({ fault::FILTER: config }));
    }
    Ok(written)
}

/// Operation name of spans: the destination, or else the VirtualService, and the path's pattern.
fn operation(
    context: &RouteContext<'_>,
    route: &HttpRoute,
    condition: Option<&HttpMatch>,
    field_ref: &VirtualServiceField<'_>,
) -> String {
    let path = route_match::path_pattern(condition);
    match route.route.as_slice() {
        [only] => {
            let host = names::full_host(&only.destination.host, &field_ref.key.namespace);
            let port = only.destination.port.map_or(context.port, |port| port.number);
            format!("{host}:{port}{path}")
        }
        _ => format!("{}:{}{path}", field_ref.key.name, context.port),
    }
}

/// Default route of a service without a VirtualService.
pub(crate) fn default_route(context: &RouteContext<'_>, service: &MeshService) -> Value {
    let mut action = json!({
        "cluster": names::outbound_cluster(context.port, "", &service.host),
        "timeout": "0s",
        "max_stream_duration": { "grpc_timeout_header_max": "0s" },
        "retry_policy": retry::default_policy(),
    });
    let rule = context.mesh.destination_rule(&context.client.namespace, service);
    let hash = EffectivePolicy::for_port(rule, "", context.port)
        .load_balancer
        .and_then(|balancer| balancer.consistent_hash.as_ref());
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
