//! RBAC filters of the authorization policies that apply to a pod.

use meshwalk_yaml::Diagnostics;
use serde_json::{Value, json};

use super::{mesh_view::MeshView, message::extension, names::ROOT_NAMESPACE, rbac};
use crate::{
    kinds::{AuthorizationAction, AuthorizationPolicy},
    manifest::{Key, Object, has_labels},
    topology::Instance,
};

/// RBAC filters before the router. A request that matches a DENY policy is denied. If there are ALLOW policies, a
/// request that matches none of them is denied too.
///
/// # Errors
/// Conditions that cannot be translated.
pub(crate) fn filters(mesh: &MeshView<'_>, instance: &Instance) -> Result<Vec<Value>, Diagnostics> {
    let mut filters = Vec::new();
    for action in [AuthorizationAction::Deny, AuthorizationAction::Allow] {
        let policies: Vec<_> =
            applicable_policies(mesh, instance).filter(|(_, object)| object.spec.action == action).collect();
        if policies.is_empty() {
            continue;
        }
        let mut policies_json = json!({});
        for (key, object) in policies {
            for (index, rule) in object.spec.rules.iter().enumerate() {
                let name = format!("ns[{}]-policy[{}]-rule[{index}]", key.namespace, key.name);
                let at_gateway = instance.name == mesh.topology.gateway.name;
                policies_json[name] = rbac::policy(rule, at_gateway).map_err(|diagnostic| {
                    Diagnostics::from(
                        diagnostic
                            .at(&object.location)
                            .resource(format!("AuthorizationPolicy {}/{}", key.namespace, key.name)),
                    )
                })?;
            }
        }
        let action = if action == AuthorizationAction::Deny { "DENY" } else { "ALLOW" };
        filters.push(extension(
            "envoy.filters.http.rbac",
            "envoy.extensions.filters.http.rbac.v3.RBAC",
            json!({ "rules": { "action": action, "policies": policies_json } }),
        ));
    }
    Ok(filters)
}

/// Policies that apply to a pod: those of its namespace and of the root namespace whose selector matches.
fn applicable_policies<'m>(
    mesh: &'m MeshView<'_>,
    instance: &'m Instance,
) -> impl Iterator<Item = (&'m Key, &'m Object<AuthorizationPolicy>)> {
    mesh.resources.authorization_policies.iter().filter(|(key, object)| {
        (key.namespace == instance.namespace || key.namespace == ROOT_NAMESPACE)
            && object.spec.selector.as_ref().is_none_or(|selector| has_labels(&instance.labels, &selector.match_labels))
    })
}
