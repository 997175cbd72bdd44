//! Pods as Kubernetes describes them, with the properties that labs use.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::platform::Instance;

/// Name of the application's container in every Deployment of the workload.
const APP: &str = "app";
/// Name of Istio's sidecar: a container, or an init container that keeps running.
const SIDECAR: &str = "istio-proxy";

/// Pod of the workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pod {
    /// Properties that labs use.
    pub instance: Instance,
    /// True if the sidecar is ready, or `None` if the pod has none.
    pub sidecar: Option<bool>,
    /// Labels of the pod.
    pub labels: BTreeMap<String, String>,
    /// IP address, once assigned.
    pub address: Option<String>,
}

impl Pod {
    /// Returns the pod's name for a port-forward.
    pub(super) fn path(&self) -> String {
        format!("pod/{}", self.instance.name)
    }
}

/// Returns the pods of a listing that have an application and are not terminating.
pub(super) fn read(list: &Value) -> Vec<Pod> {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null()).filter_map(pod).collect()
}

fn pod(pod: &Value) -> Option<Pod> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = text(&pod["metadata"]["name"])?;
    let empty = serde_json::Map::new();
    let labels = pod["metadata"]["labels"].as_object().unwrap_or(&empty);
    let labels: BTreeMap<_, _> = labels.iter().filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect();
    let service = labels.get("app").cloned()?;
    named(&pod["spec"]["containers"], APP)?;
    let has_sidecar = named(&pod["spec"]["containers"], SIDECAR).or(named(&pod["spec"]["initContainers"], SIDECAR));
    let status = &pod["status"];
    let sidecar = has_sidecar.map(|_| {
        let status = named(&status["containerStatuses"], SIDECAR).or(named(&status["initContainerStatuses"], SIDECAR));
        status.is_some_and(|status| status["ready"] == true)
    });
    let conditions = status["conditions"].as_array().map_or(&[][..], Vec::as_slice);
    let ready = conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
    let owner = pod["metadata"]["ownerReferences"][0]["name"].as_str().unwrap_or(&name);
    // A ReplicaSet is named after its Deployment and the template's hash.
    let hash = labels.get("pod-template-hash").map(|hash| format!("-{hash}"));
    let workload = hash.and_then(|hash| owner.strip_suffix(&hash)).unwrap_or(owner).to_owned();
    let address = text(&status["podIP"]);
    let version = labels.get("version").cloned();
    Some(Pod { instance: Instance { name, workload, service, version, ready }, sidecar, labels, address })
}

fn named<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|item| item["name"] == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_native_sidecar_is_one_as_well() {
        let list = json!({"items": [{
            "metadata": {
                "name": "backend-v1-66f-x7", "labels": {"app": "backend", "version": "v1", "pod-template-hash": "66f"},
                "ownerReferences": [{"name": "backend-v1-66f"}],
            },
            "spec": {"containers": [{"name": "app"}], "initContainers": [{"name": "istio-proxy"}]},
            "status": {
                "conditions": [{"type": "Ready", "status": "False"}],
                "initContainerStatuses": [{"name": "istio-proxy", "ready": true}],
            },
        }]});
        let pods = read(&list);
        assert_eq!(pods.len(), 1);
        assert_eq!((pods[0].instance.workload.as_str(), pods[0].instance.ready), ("backend-v1", false));
        assert_eq!(pods[0].sidecar, Some(true));
    }

    #[test]
    fn the_client_of_the_manifests_is_no_application_that_faults_are_asked_of() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../k8s/components/client/client.yaml");
        let documents = meshwalk_yaml::read(&file).unwrap();
        let deployment = documents.iter().map(|document| document.to_json()).find(|it| it["kind"] == "Deployment");
        let mut client = deployment.unwrap()["spec"]["template"].clone();
        client["metadata"]["name"] = json!("client-1");
        assert_eq!(read(&json!({"items": [client]})), []);
        client["spec"]["containers"][0]["name"] = json!(APP);
        assert_eq!(read(&json!({"items": [client]})).len(), 1, "the name of the container is what tells them apart");
    }

    #[test]
    fn a_pod_that_is_about_to_end_is_none_any_more() {
        let list = json!({"items": [{
            "metadata": {"name": "a", "labels": {"app": "a"}, "deletionTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"containers": [{"name": "app"}]},
        }]});
        assert_eq!(read(&list), []);
    }
}
