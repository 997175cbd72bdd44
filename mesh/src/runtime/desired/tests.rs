use std::path::PathBuf;

use super::*;
use crate::{manifest::Key, pods::plan::Readiness};

fn plan(workload: &str, replicas: u32, release: &str, sidecar: bool) -> PodPlan {
    PodPlan {
        workload: Key { namespace: "space".to_owned(), name: workload.to_owned() },
        replicas,
        labels: BTreeMap::from([("app".to_owned(), workload.to_owned())]),
        annotations: BTreeMap::new(),
        service_account: "s".to_owned(),
        sidecar,
        program: PathBuf::from("/p"),
        release: release.to_owned(),
        arguments: Vec::new(),
        environment: Vec::new(),
        ports: Vec::new(),
        readiness: Readiness { path: "/readyz".to_owned(), period_seconds: 1, failure_threshold: 1 },
        grace_seconds: 30,
    }
}

fn names(pods: &[DesiredPod]) -> Vec<&str> {
    pods.iter().map(|pod| pod.name.as_str()).collect()
}

/// A Service `backend` with port 8080 and target port 9000 on pods with `app: backend`.
fn service() -> Resources {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("service.yaml");
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: backend, namespace: space}\n\
                spec: {selector: {app: backend}, ports: [{name: http, port: 8080, targetPort: 9000}]}\n";
    std::fs::write(&file, text).unwrap();
    let service = Resources::read(&[file]).unwrap();
    let namespace = folder.path().join("namespace.yaml");
    std::fs::write(&namespace, "apiVersion: v1\nkind: Namespace\nmetadata: {name: space}\n").unwrap();
    let namespaces = Resources::read(&[namespace]).unwrap();
    Resources::default().with(&namespaces).unwrap().with(&service).unwrap()
}

fn schedule_from(plans: &[PodPlan], running: &[DesiredPod], network: &mut Network) -> Vec<DesiredPod> {
    let outbound = BTreeMap::from([(8080, 15101)]);
    schedule(plans, &service(), &outbound, running, &BTreeSet::new(), network).unwrap()
}

#[test]
fn keeps_existing_pods_of_a_scaled_deployment() {
    let mut network = Network::take().unwrap();
    let two = schedule_from(&[plan("backend", 2, "v1", true)], &[], &mut network);
    assert_eq!(names(&two), ["backend-1", "backend-2"]);
    let three = schedule_from(&[plan("backend", 3, "v1", true)], &two, &mut network);
    assert_eq!(names(&three), ["backend-1", "backend-2", "backend-3"]);
    assert_eq!(three[..2].iter().map(|pod| pod.address).collect::<Vec<_>>(), [two[0].address, two[1].address]);
    let one = schedule_from(&[plan("backend", 1, "v1", true)], &three, &mut network);
    assert_eq!(names(&one), ["backend-1"]);
    assert_eq!(schedule_from(&[], &one, &mut network), []);
}

#[test]
fn gives_pods_of_a_changed_deployment_new_names_and_addresses() {
    let mut network = Network::take().unwrap();
    let old = schedule_from(&[plan("backend", 2, "v1", true)], &[], &mut network);
    let new = schedule_from(&[plan("backend", 2, "v2", true)], &old, &mut network);
    assert_eq!(names(&new), ["backend-3", "backend-4"]);
    assert!(new.iter().all(|pod| old.iter().all(|other| other.address != pod.address)));
}

#[test]
fn replaces_only_pods_of_a_restarted_deployment() {
    let mut network = Network::take().unwrap();
    let plans = [plan("backend", 2, "v1", true), plan("frontend", 1, "v1", true)];
    let old = schedule_from(&plans, &[], &mut network);
    let restarted = BTreeSet::from([plans[0].workload.clone()]);
    let outbound = BTreeMap::from([(8080, 15101)]);
    let new = schedule(&plans, &service(), &outbound, &old, &restarted, &mut network).unwrap();
    assert_eq!(names(&new), ["backend-3", "backend-4", "frontend-1"]);
}

#[test]
fn reuses_a_name_only_after_its_pod_has_exited() {
    let mut network = Network::take().unwrap();
    let old = schedule_from(&[plan("backend", 1, "v1", true)], &[], &mut network);
    let new = schedule_from(&[plan("backend", 1, "v2", true)], &old, &mut network);
    // The old pod is still terminating.
    let third = schedule_from(&[plan("backend", 1, "v1", true)], &new, &mut network);
    assert_eq!((names(&new), names(&third)), (vec!["backend-2"], vec!["backend-3"]));
    network.release(old[0].address);
    assert_eq!(names(&schedule_from(&[plan("backend", 1, "v2", true)], &third, &mut network)), ["backend-1"]);
}

#[test]
fn releases_addresses_if_not_all_pods_fit() {
    let mut network = Network::take().unwrap();
    let few = schedule_from(&[plan("backend", 2, "v1", true)], &[], &mut network);
    let outbound = BTreeMap::from([(8080, 15101)]);
    let many = [plan("backend", 1000, "v1", true)];
    let error = schedule(&many, &service(), &outbound, &few, &BTreeSet::new(), &mut network).unwrap_err();
    assert!(error.to_string().contains("at most 244 pods"), "{error}");
    let after = schedule_from(&[plan("backend", 3, "v1", true)], &few, &mut network);
    assert_eq!(names(&after), ["backend-1", "backend-2", "backend-3"]);
}

#[test]
fn connects_a_pod_with_a_sidecar_through_it_on_every_port() {
    let mut network = Network::take().unwrap();
    let pods = schedule_from(&[plan("backend", 1, "v1", true)], &[], &mut network);
    let address = pods[0].address;
    assert_eq!(pods[0].connect, [format!(":8080={address}:15101"), format!(":={address}:15001")]);
}

#[test]
fn replaces_a_pod_without_a_sidecar_when_pods_of_a_service_change() {
    let mut network = Network::take().unwrap();
    let plans = |backends| [plan("backend", backends, "v1", true), plan("outsider", 1, "v1", false)];
    let before = schedule_from(&plans(1), &[], &mut network);
    let outsider = before.iter().find(|pod| pod.name == "outsider-1").unwrap();
    let backend = before[0].address;
    let names_of_service = ["backend", "backend.space", "backend.space.svc", "backend.space.svc.cluster.local"];
    assert_eq!(outsider.connect, names_of_service.map(|name| format!("{name}:8080={backend}:9000")));
    let after = schedule_from(&plans(2), &before, &mut network);
    assert_eq!(names(&after), ["backend-1", "backend-2", "outsider-2"]);
    assert_eq!(after[2].connect.len(), 8);
}

#[test]
fn replaces_a_pod_without_a_sidecar_once_per_change() {
    let mut network = Network::take().unwrap();
    let two = [plan("backend", 1, "v1", true), plan("outsider", 1, "v1", false)];
    let before = schedule_from(&two, &[], &mut network);
    // In the same service, and first in the order of the plans.
    let other = PodPlan { labels: two[0].labels.clone(), ..plan("another", 1, "v1", true) };
    let three = [other, two[0].clone(), two[1].clone()];
    let after = schedule_from(&three, &before, &mut network);
    assert_eq!(names(&after), ["another-1", "backend-1", "outsider-2"]);
    assert_eq!(names(&schedule_from(&three, &after, &mut network)), names(&after));
}
