//! Which authorization policies are in force at a pod, and the filters that enforce them.

use meshwalk_yaml::Diagnostics;
use serde_json::{Value, json};

use super::{
    mesh_view::{MeshView, has_labels},
    message::extension,
    names::ROOT_NAMESPACE,
    rbac,
};
use crate::{
    kinds::{AuthorizationAction, AuthorizationPolicy},
    manifest::{Key, Object},
    topology::Instance,
};

/// The filters before the router: what a DENY policy matches is refused first; then, if there is any ALLOW policy,
/// everything that none of them matches.
///
/// # Errors
/// Conditions that cannot be translated.
pub(crate) fn filters(mesh: &MeshView<'_>, instance: &Instance) -> Result<Vec<Value>, Diagnostics> {
    let mut filters = Vec::new();
    for action in [AuthorizationAction::Deny, AuthorizationAction::Allow] {
        let policies: Vec<_> = in_force(mesh, instance).filter(|(_, object)| object.spec.action == action).collect();
        if policies.is_empty() {
            continue;
        }
        let mut written = json!({});
        for (key, object) in policies {
            for (index, rule) in object.spec.rules.iter().enumerate() {
                let name = format!("ns[{}]-policy[{}]-rule[{index}]", key.namespace, key.name);
                let at_gateway = instance.name == mesh.topology.gateway.name;
                written[name] = rbac::policy(rule, at_gateway).map_err(|diagnostic| {
                    Diagnostics::from(
                        diagnostic
                            .at(&object.location)
                            .resource(format!("AuthorizationPolicy {}/{}", key.namespace, key.name)),
                    )
                })?;
            }
        }
        let word = if action == AuthorizationAction::Deny { "DENY" } else { "ALLOW" };
        filters.push(extension(
            "envoy.filters.http.rbac",
            "envoy.extensions.filters.http.rbac.v3.RBAC",
            json!({ "rules": { "action": word, "policies": written } }),
        ));
    }
    Ok(filters)
}

/// A policy holds in its own namespace, or everywhere if it stands in the root namespace, for the pods it selects.
fn in_force<'m>(
    mesh: &'m MeshView<'_>,
    instance: &'m Instance,
) -> impl Iterator<Item = (&'m Key, &'m Object<AuthorizationPolicy>)> {
    mesh.resources.authorization_policies.iter().filter(|(key, object)| {
        (key.namespace == instance.namespace || key.namespace == ROOT_NAMESPACE)
            && object.spec.selector.as_ref().is_none_or(|selector| has_labels(&instance.labels, &selector.match_labels))
    })
}
