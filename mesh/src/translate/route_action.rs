//! Actions of routes: forward, redirect, direct response.

use meshwalk_yaml::Diagnostics;
use serde_json::{Value, json};

use super::{
    header_operations::HeaderChanges,
    load_balancing,
    message::set,
    names,
    policy::EffectivePolicy,
    retry,
    routes::{RouteContext, VirtualServiceField},
};
use crate::kinds::{ConsistentHash, Destination, DirectResponse, HttpRoute, Percent, Redirect, RouteDestination};

/// Forwards a request to the route's destinations. Header operations of a single destination are merged into the
/// route's.
///
/// # Errors
/// Missing or nonexistent destinations.
pub(crate) fn forward(
    context: &RouteContext<'_>,
    route: &HttpRoute,
    changes: &mut HeaderChanges,
    field_ref: &VirtualServiceField<'_>,
) -> Result<Value, Diagnostics> {
    // Istio has no default timeout; Envoy's is 15 seconds.
    let timeout = route.timeout.unwrap_or_default().to_string();
    let mut action = json!({ "timeout": timeout });
    if route.timeout.is_none() {
        // Envoy's router ignores `timeout` if `max_stream_duration` is set.
        set(&mut action, "max_stream_duration", json!({ "grpc_timeout_header_max": timeout }));
    }
    let mut hashes = Vec::new();
    let retry_policy = match route.route.as_slice() {
        [only] => {
            let (cluster, hash) = destination(context, &only.destination, field_ref, ".route[0]")?;
            set(&mut action, "cluster", cluster);
            changes.extend(only.headers.as_ref());
            hashes.extend(hash.and_then(load_balancing::hash_policy));
            retry::policy(route.retries.as_ref(), hash.is_some())
        }
        several => {
            let clusters = weighted(context, several, field_ref, &mut hashes)?;
            set(&mut action, "weighted_clusters", json!({ "clusters": clusters }));
            retry::policy(route.retries.as_ref(), false)
        }
    };
    if let Some(policy) = retry_policy {
        set(&mut action, "retry_policy", policy);
    }
    if !hashes.is_empty() {
        set(&mut action, "hash_policy", hashes);
    }
    rewrite(&mut action, route, changes);
    let mirrors = mirrors(context, route, field_ref)?;
    if !mirrors.is_empty() {
        set(&mut action, "request_mirror_policies", mirrors);
    }
    Ok(action)
}

fn weighted(
    context: &RouteContext<'_>,
    destinations: &[RouteDestination],
    field_ref: &VirtualServiceField<'_>,
    hashes: &mut Vec<Value>,
) -> Result<Vec<Value>, Diagnostics> {
    let mut clusters = Vec::new();
    for (index, RouteDestination { destination: to, weight, headers }) in destinations.iter().enumerate() {
        let (cluster, hash) = destination(context, to, field_ref, &format!(".route[{index}]"))?;
        let Some(weight) = weight.filter(|weight| *weight > 0) else { continue };
        let mut written = json!({ "name": cluster, "weight": weight });
        let mut changes = HeaderChanges::of(headers.as_ref());
        if let Some(authority) = changes.authority.take() {
            set(&mut written, "host_rewrite_literal", authority);
        }
        changes.apply(&mut written);
        clusters.push(written);
        hashes.extend(hash.and_then(load_balancing::hash_policy));
    }
    if clusters.is_empty() {
        let (message, help) = if destinations.is_empty() {
            ("the route has no action", "add route, redirect or directResponse")
        } else {
            ("the weights add up to 0", "give at least one destination a weight over 0")
        };
        return Err(field_ref.diagnostic(".route", message, help));
    }
    Ok(clusters)
}

/// Cluster of a destination, and its hash policy if it uses consistent hashing.
fn destination<'c>(
    context: &RouteContext<'c>,
    to: &Destination,
    field_ref: &VirtualServiceField<'_>,
    field: &str,
) -> Result<(String, Option<&'c ConsistentHash>), Diagnostics> {
    let host = names::full_host(&to.host, &field_ref.key.namespace);
    let field = format!("{field}.destination");
    let service = context.mesh.services.get(&host).ok_or_else(|| {
        field_ref.diagnostic(
            &format!("{field}.host"),
            format!("Service {host:?} does not exist"),
            "use the short name of a Service in the same namespace, or NAME.NAMESPACE.svc.cluster.local",
        )
    })?;
    let number = match (to.port, service.ports.as_slice()) {
        (Some(port), _) => port.number,
        (None, [only]) => only.number,
        (None, _) => context.port,
    };
    if service.port(number).is_none() {
        return Err(field_ref.diagnostic(
            &format!("{field}.port"),
            format!("the Service {host} has no port {number}"),
            "use one of its ports",
        ));
    }
    let rule = context.mesh.destination_rule(&context.client.namespace, service);
    let subset = to.subset.as_deref().unwrap_or_default();
    if !subset.is_empty() && !rule.is_some_and(|rule| rule.subsets.iter().any(|known| known.name == subset)) {
        return Err(field_ref.diagnostic(
            &format!("{field}.subset"),
            format!("no DestinationRule defines the subset {subset:?} of {host}"),
            "add it under subsets of the host's DestinationRule",
        ));
    }
    let policy = EffectivePolicy::for_port(rule, subset, number);
    let hash = policy.load_balancer.and_then(|balancer| balancer.consistent_hash.as_ref());
    Ok((names::outbound_cluster(number, subset, &host), hash))
}

fn rewrite(action: &mut Value, route: &HttpRoute, changes: &mut HeaderChanges) {
    let mut authority = changes.authority.take();
    if let Some(rewrite) = &route.rewrite {
        if let Some(regex) = &rewrite.uri_regex_rewrite {
            let written = json!({ "pattern": { "regex": regex.pattern }, "substitution": regex.rewrite });
            set(action, "regex_rewrite", written);
        } else if let Some(uri) = &rewrite.uri {
            set(action, "prefix_rewrite", uri.as_str());
        }
        authority = rewrite.authority.clone().or(authority);
    }
    if let Some(authority) = authority {
        set(action, "host_rewrite_literal", authority);
    }
}

/// Mirrored requests have no spans, as in Istio.
fn mirrors(
    context: &RouteContext<'_>,
    route: &HttpRoute,
    field_ref: &VirtualServiceField<'_>,
) -> Result<Vec<Value>, Diagnostics> {
    let single = route.mirror.iter().map(|to| (to, route.mirror_percentage, ".mirror".to_owned()));
    let listed = route.mirrors.iter().enumerate();
    let listed = listed.map(|(index, mirror)| (&mirror.destination, mirror.percentage, format!(".mirrors[{index}]")));
    let mut policies = Vec::new();
    for (to, percentage, field) in single.chain(listed) {
        let (cluster, _) = destination(context, to, field_ref, &field)?;
        let millionths = percentage.unwrap_or(Percent::ALL).millionths();
        if millionths > 0 {
            policies.push(json!({
                "cluster": cluster,
                "runtime_fraction": { "default_value": { "numerator": millionths, "denominator": "MILLION" } },
                "trace_sampled": false,
                // Keep the host of the request, without Envoy's suffix `-shadow`.
                "disable_shadow_host_suffix_append": true,
            }));
        }
    }
    Ok(policies)
}

/// Redirects a request.
///
/// # Errors
/// A status that is not a redirect.
pub(crate) fn redirect(redirect: &Redirect, field_ref: &VirtualServiceField<'_>) -> Result<Value, Diagnostics> {
    let code = match redirect.redirect_code {
        None | Some(301) => "MOVED_PERMANENTLY",
        Some(302) => "FOUND",
        Some(303) => "SEE_OTHER",
        Some(307) => "TEMPORARY_REDIRECT",
        Some(308) => "PERMANENT_REDIRECT",
        Some(other) => {
            let message = format!("{other} is not a redirect status");
            return Err(field_ref.diagnostic(".redirect.redirectCode", message, "write 301, 302, 303, 307 or 308"));
        }
    };
    let mut written = json!({ "response_code": code });
    for (field, value) in [
        ("path_redirect", &redirect.uri),
        ("host_redirect", &redirect.authority),
        ("scheme_redirect", &redirect.scheme),
    ] {
        if let Some(value) = value {
            set(&mut written, field, value.as_str());
        }
    }
    if let Some(port) = redirect.port {
        // Omit the scheme's default port.
        let own = if redirect.scheme.as_deref() == Some("https") { 443 } else { 80 };
        if port != own {
            set(&mut written, "port_redirect", port);
        }
    }
    Ok(written)
}

/// Responds directly.
pub(crate) fn direct_response(response: &DirectResponse) -> Value {
    let mut written = json!({ "status": response.status });
    if let Some(body) = &response.body {
        set(&mut written, "body", json!({ "inline_string": body.string }));
    }
    written
}
