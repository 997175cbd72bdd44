//! Plans the pods of each Deployment, without names and addresses.

use std::{collections::BTreeMap, path::PathBuf};

use meshwalk_yaml::{Diagnostic, Diagnostics};

use super::injection;
use crate::{
    kinds::{Container, Deployment, EnvVar, PortReference, ServicePort},
    manifest::{Key, Object},
    resources::Resources,
    topology::DeclaredPort,
};

/// Specification of a Deployment's pods. Pods of equal plans need not be replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct PodPlan {
    /// Key of the Deployment.
    pub workload: Key,
    /// Number of pods.
    pub replicas: u32,
    /// Labels of the pods.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the pods.
    pub annotations: BTreeMap<String, String>,
    /// Service account of the pods.
    pub service_account: String,
    /// True if the pods have a sidecar.
    pub sidecar: bool,
    /// Path of the program.
    pub program: PathBuf,
    /// Release that the image's tag names, as `v1`.
    pub release: String,
    /// Arguments before the expansion of `$(VAR)`.
    pub arguments: Vec<String>,
    /// Environment variables before they are resolved.
    pub environment: Vec<EnvVar>,
    /// Ports that the container declares.
    pub ports: Vec<DeclaredPort>,
    /// Readiness probe.
    pub readiness: Readiness,
    /// Seconds between SIGTERM and SIGKILL.
    pub grace_seconds: u32,
}

/// Readiness probe of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Path on the admin port.
    pub path: String,
    /// Seconds between two probes.
    pub period_seconds: u32,
    /// Number of consecutive failures that make a ready pod unready.
    pub failure_threshold: u32,
}

impl PodPlan {
    /// True if a pod of the other plan need not be replaced. Replicas and grace period are not compared.
    pub fn is_same_pod(&self, other: &Self) -> bool {
        let of = |plan: &Self| Self { replicas: 0, grace_seconds: 0, ..plan.clone() };
        of(self) == of(other)
    }

    /// Port number of this pod to which a service's port leads, or `None`.
    pub fn target_port(&self, port: &ServicePort) -> Option<u16> {
        match &port.target_port {
            None => Some(port.port),
            Some(PortReference::Number(number)) => Some(*number),
            Some(PortReference::Name(name)) => {
                self.ports.iter().find(|port| port.name.as_ref() == Some(name)).map(|port| port.number)
            }
        }
    }
}

/// Plans the pods of every Deployment. The image `meshwalk/NAME:TAG` is the file NAME in the folder `programs`.
///
/// # Errors
/// Deployments that cannot run as processes.
pub fn plan(resources: &Resources, programs: &std::path::Path) -> Result<Vec<PodPlan>, Diagnostics> {
    let mut diagnostics = Vec::new();
    let mut plans = Vec::new();
    for (key, object) in &resources.deployments {
        let namespace = Key { namespace: String::new(), name: key.namespace.clone() };
        let no_labels = BTreeMap::new();
        let namespace_labels = resources.namespaces.get(&namespace).map_or(&no_labels, |found| &found.labels);
        match plan_one(key, &object.spec, namespace_labels, programs) {
            Ok(plan) => plans.push(plan),
            Err(diagnostic) => diagnostics.push(locate(*diagnostic, key, object)),
        }
    }
    if diagnostics.is_empty() { Ok(plans) } else { Err(Diagnostics(diagnostics)) }
}

fn locate(diagnostic: Diagnostic, key: &Key, object: &Object<Deployment>) -> Diagnostic {
    diagnostic.at(&object.location).resource(format!("Deployment {}/{}", key.namespace, key.name))
}

fn plan_one(
    key: &Key,
    deployment: &Deployment,
    namespace_labels: &BTreeMap<String, String>,
    programs: &std::path::Path,
) -> Result<PodPlan, Box<Diagnostic>> {
    const CONTAINERS: &str = "spec.template.spec.containers";
    let template = &deployment.template;
    let [container] = template.spec.containers.as_slice() else {
        let count = template.spec.containers.len();
        return Err(Box::new(
            Diagnostic::new(format!("the local mesh runs one container per pod, not {count}"))
                .field(CONTAINERS)
                .help("give each program a Deployment of its own"),
        ));
    };
    if !container.command.is_empty() {
        return Err(Box::new(
            Diagnostic::new("the local mesh runs only the image's own program")
                .field(format!("{CONTAINERS}[0].command"))
                .help("remove it and use `args`"),
        ));
    }
    let (program, release) = parse_image(&container.image).ok_or_else(|| {
        Diagnostic::new(format!("unknown image {:?}", container.image)).field(format!("{CONTAINERS}[0].image")).help(
            "use meshwalk/NAME:TAG, with a tag such as v1, v2 or v1-0.3.0 and the NAME of a program next to meshwalk",
        )
    })?;
    let program = programs.join(program);
    if !program.is_file() {
        return Err(Box::new(
            Diagnostic::new(format!("cannot find the program of image {:?} at {}", container.image, program.display()))
                .field(format!("{CONTAINERS}[0].image"))
                .help("build it (`cargo build --workspace`) or name its folder with --programs"),
        ));
    }
    Ok(PodPlan {
        workload: key.clone(),
        replicas: deployment.replicas,
        labels: template.metadata.labels.clone(),
        annotations: template.metadata.annotations.clone(),
        service_account: template.spec.service_account_name.clone(),
        sidecar: injection::has_sidecar(namespace_labels, &template.metadata.labels, &template.metadata.annotations),
        program,
        release: release.to_owned(),
        arguments: container.args.clone(),
        environment: container.env.clone(),
        ports: ports(container),
        readiness: readiness(container)?,
        grace_seconds: template.spec.termination_grace_period_seconds,
    })
}

fn ports(container: &Container) -> Vec<DeclaredPort> {
    let port =
        |port: &crate::kinds::ContainerPort| DeclaredPort { name: port.name.clone(), number: port.container_port };
    container.ports.iter().map(port).collect()
}

/// Converts a readiness probe. It must be for the admin port, because the local mesh probes the admin socket.
fn readiness(container: &Container) -> Result<Readiness, Box<Diagnostic>> {
    const ADMIN_PORT: u16 = 8081;
    let Some(probe) = &container.readiness_probe else {
        return Ok(Readiness { path: "/readyz".to_owned(), period_seconds: 1, failure_threshold: 1 });
    };
    let number = match &probe.http_get.port {
        PortReference::Number(number) => Some(*number),
        PortReference::Name(name) => {
            container.ports.iter().find(|port| port.name.as_ref() == Some(name)).map(|port| port.container_port)
        }
    };
    if number != Some(ADMIN_PORT) {
        return Err(Box::new(
            Diagnostic::new(format!("the local mesh cannot probe port {}", probe.http_get.port))
                .field("spec.template.spec.containers[0].readinessProbe.httpGet.port")
                .help(format!("probe the admin port {ADMIN_PORT}, by number or by a name that the container declares")),
        ));
    }
    Ok(Readiness {
        path: probe.http_get.path.clone(),
        period_seconds: probe.period_seconds.max(1),
        failure_threshold: probe.failure_threshold.max(1),
    })
}

/// Splits `meshwalk/NAME:TAG` into NAME and the release, the part of TAG before the first hyphen.
fn parse_image(image: &str) -> Option<(&str, &str)> {
    let (name, tag) = image.strip_prefix("meshwalk/")?.split_once(':')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let release = tag.split('-').next().unwrap_or(tag);
    (!name.is_empty() && name.chars().all(plain) && matches!(release, "v1" | "v2")).then_some((name, release))
}

#[cfg(test)]
mod tests {
    use super::parse_image;

    #[test]
    fn parses_program_and_release_of_an_image() {
        assert_eq!(parse_image("meshwalk/backend:v1"), Some(("backend", "v1")));
        assert_eq!(parse_image("meshwalk/backend:v2-0.3.0"), Some(("backend", "v2")));
        for image in ["backend:v1", "meshwalk/backend", "meshwalk/backend:latest", "meshwalk/../sh:v1", "meshwalk/:v1"]
        {
            assert_eq!(parse_image(image), None, "{image}");
        }
    }
}
