//! Command line and environment of a planned pod.

use std::{collections::BTreeMap, ffi::OsString, net::Ipv4Addr, path::Path};

use meshwalk_yaml::Diagnostic;

use super::{PodPlan, expand::expand};
use crate::kinds::EnvVar;

/// Name, address and paths of a pod.
#[derive(Debug, Clone)]
pub struct PodContext<'a> {
    /// Name of the pod.
    pub name: &'a str,
    /// IP address of the pod.
    pub address: Ipv4Addr,
    /// Folder of the pod's sockets.
    pub folder: &'a Path,
    /// Values of `--connect`: addresses for the hosts and ports that the pod calls.
    pub connect: &'a [String],
    /// URL of the span receiver, as `http://127.77.3.1:4318`.
    pub collector: &'a str,
}

/// File name of the application's socket.
pub const APP_SOCKET: &str = "app.sock";
/// File name of the application's admin socket.
pub const ADMIN_SOCKET: &str = "admin.sock";
/// File name of the application's control socket.
pub const CONTROL_SOCKET: &str = "control.sock";
/// File name of Envoy's admin socket.
pub const ENVOY_SOCKET: &str = "envoy.sock";

/// Port of an application without a sidecar.
const APP_PORT: u16 = 8080;

/// Arguments: the manifest's, then those of the local mesh.
pub fn arguments(plan: &PodPlan, context: &PodContext<'_>, environment: &BTreeMap<String, String>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        plan.arguments.iter().map(|argument| expand(argument, environment).into()).collect();
    let mut flag = |name: &str, value: String| arguments.extend([name.into(), value.into()]);
    let socket = |name: &str| format!("unix:{}", context.folder.join(name).display());
    let listen = if plan.sidecar {
        socket(APP_SOCKET)
    } else {
        let port = plan.ports.first().map_or(APP_PORT, |port| port.number);
        format!("{}:{port}", context.address)
    };
    flag("--listen", listen);
    flag("--admin-listen", socket(ADMIN_SOCKET));
    flag("--control-listen", socket(CONTROL_SOCKET));
    for connect in context.connect {
        flag("--connect", connect.clone());
    }
    if !plan.sidecar {
        // Plaintext calls are identified by their source address, as in a cluster.
        flag("--source-address", context.address.to_string());
    }
    arguments
}

/// Environment variables: defaults of the image and the mesh, which the manifest may override.
///
/// # Errors
/// If a variable refers to a field of the pod that does not exist.
pub fn environment(plan: &PodPlan, context: &PodContext<'_>) -> Result<BTreeMap<String, String>, Box<Diagnostic>> {
    let mut environment = BTreeMap::from([
        ("MESHWALK_RELEASE".to_owned(), plan.release.clone()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), context.collector.to_owned()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL".to_owned(), "http/protobuf".to_owned()),
        // Export spans after 0.2 s instead of the SDK's default of 5 s, because labs read them at once.
        ("OTEL_BSP_SCHEDULE_DELAY".to_owned(), "200".to_owned()),
    ]);
    for (index, variable) in plan.environment.iter().enumerate() {
        let value = value_of(variable, plan, context, &environment).ok_or_else(|| {
            let path = variable.value_from.as_ref().map_or("", |source| source.field_ref.field_path.as_str());
            Diagnostic::new(format!("the local mesh does not support the pod field {path:?}"))
                .resource(format!("Deployment {}/{}", plan.workload.namespace, plan.workload.name))
                .field(format!("spec.template.spec.containers[0].env[{index}].valueFrom.fieldRef.fieldPath"))
                .help(
                    "use one of metadata.name, metadata.namespace, metadata.labels['KEY'], metadata.annotations['KEY'], spec.serviceAccountName and status.podIP",
                )
        })?;
        environment.insert(variable.name.clone(), value);
    }
    Ok(environment)
}

fn value_of(
    variable: &EnvVar,
    plan: &PodPlan,
    context: &PodContext<'_>,
    known: &BTreeMap<String, String>,
) -> Option<String> {
    let Some(source) = &variable.value_from else {
        return Some(expand(variable.value.as_deref().unwrap_or_default(), known));
    };
    let path = source.field_ref.field_path.as_str();
    let subscript = |name: &str| path.strip_prefix(name)?.strip_prefix("['")?.strip_suffix("']");
    match path {
        "metadata.name" => Some(context.name.to_owned()),
        "metadata.namespace" => Some(plan.workload.namespace.clone()),
        "spec.serviceAccountName" => Some(plan.service_account.clone()),
        "status.podIP" => Some(context.address.to_string()),
        _ => {
            // A missing label is an empty variable, as in the downward API.
            let (of, key) = subscript("metadata.labels")
                .map(|key| (&plan.labels, key))
                .or_else(|| subscript("metadata.annotations").map(|key| (&plan.annotations, key)))?;
            Some(of.get(key).cloned().unwrap_or_default())
        }
    }
}
