//! Traces of a cluster: checks that the mesh records them, and reads spans from Jaeger's query API.

use std::{net::SocketAddr, time::Duration};

use http::StatusCode;
use serde_json::Value;

use super::{ClusterPlatform, GATEWAY_NAMESPACE, Kubectl, gateway};
use crate::{
    platform::{PlatformError, Span},
    traffic::{Address, Response, get},
};

/// Namespace of Jaeger in observability/jaeger.yaml.
const NAMESPACE: &str = "meshwalk-observability";
/// Port of Jaeger's query API in Jaeger and in its manifests.
const QUERY: u64 = 16686;
/// Time limit for a response of Jaeger.
const ANSWER: Duration = Duration::from_secs(10);

/// Address of Jaeger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Jaeger {
    /// Address that the user set.
    At { address: SocketAddr, host: String, base: String },
    /// Service, reached by a port-forward.
    Service { namespace: String, path: String, port: u16 },
}

impl ClusterPlatform {
    /// Finds Jaeger, or returns what is missing for traces and how to install it.
    pub(super) async fn find_traces(&self) -> Result<Result<Jaeger, String>, PlatformError> {
        let jaeger = match &self.ways.traces {
            Some(url) => Some(at(url).await.map_err(|why| PlatformError::failed(format!("--traces {url}"), why))?),
            None => self.service().await,
        };
        let script = self.with_flags("scripts/tracing.sh --provider");
        let Some(jaeger) = jaeger else {
            return Ok(Err(format!(
                "Jaeger is not on the cluster; `{script}` installs it, --traces URL names one elsewhere"
            )));
        };
        Ok(match self.unrecorded().await {
            Some(why) => Err(format!("{why}; `{script}` fixes it")),
            None => Ok(jaeger),
        })
    }

    /// Finds the service with Jaeger's label. Without the right to list all namespaces, finds the project's own Jaeger.
    async fn service(&self) -> Option<Jaeger> {
        for scope in [&["-A"][..], &["-n", NAMESPACE]] {
            let words = [scope, &["get", "services", "-l", "app=jaeger", "-o", "json"]].concat();
            let arguments = self.kubectl.arguments_anywhere(&words);
            self.kubectl.show(&Kubectl::line(&arguments));
            if let Ok(list) = self.kubectl.run(&arguments, None).await {
                return services(&serde_json::from_str(&list).unwrap_or_default());
            }
        }
        None
    }

    /// Returns why the mesh records no traces, as far as the user may read it, or `None` if it records them.
    async fn unrecorded(&self) -> Option<String> {
        let words = ["get", "configmap", "istio", "-o", "jsonpath={.data.mesh}"];
        let configuration = self.look(&words, GATEWAY_NAMESPACE).await;
        if let Some(configuration) = &configuration
            && !has_provider(configuration)
        {
            return Some("the mesh configuration names no provider for traces (extensionProviders)".to_owned());
        }
        let words = ["get", "telemetries.telemetry.istio.io", "-o", "json"];
        // A Telemetry without a selector in Istio's namespace applies to every namespace, so it comes first.
        for namespace in [GATEWAY_NAMESPACE, self.kubectl.namespace().name()] {
            let telemetries = self.look(&words, namespace).await?;
            let telemetries: Value = serde_json::from_str(&telemetries).unwrap_or_default();
            let all: Vec<_> = for_all_requests(&telemetries).collect();
            if namespace == GATEWAY_NAMESPACE && all.iter().any(|one| one["spec"]["selector"].is_null()) {
                return None;
            }
            if all.is_empty() {
                return Some(format!("no Telemetry in the namespace {namespace} asks for a trace of every request"));
            }
        }
        None
    }

    /// Returns the output of kubectl, or `None` if the user may not read the object.
    async fn look(&self, words: &[&str], namespace: &str) -> Option<String> {
        let arguments = self.kubectl.arguments_in(namespace, words);
        self.kubectl.show(&Kubectl::line(&arguments));
        self.kubectl.run(&arguments, None).await.ok()
    }

    /// Returns the spans of a trace that have arrived.
    pub(super) async fn spans(&self, id: &str) -> Result<Vec<Span>, PlatformError> {
        let Some(Ok(jaeger)) = self.traces.get() else { return Ok(Vec::new()) };
        let what = format!("reading the trace {id}");
        let answer = match self.ask_jaeger(jaeger, id).await {
            Ok(answer) => Ok(answer),
            Err(_) => {
                if let Jaeger::Service { namespace, path, port } = jaeger {
                    self.forwards.renew(namespace, path, &[*port]).await;
                }
                self.ask_jaeger(jaeger, id).await
            }
        };
        let answer = answer.map_err(|why| PlatformError::failed(&what, format!("Jaeger: {why}")))?;
        match answer.status {
            // A trace without spans so far is empty.
            StatusCode::NOT_FOUND => Ok(Vec::new()),
            status if status.is_success() => {
                let trace = serde_json::from_slice(&answer.body);
                Ok(read(&trace.map_err(|error| PlatformError::failed(&what, format!("Jaeger's answer: {error}")))?))
            }
            status => Err(PlatformError::failed(what, format!("Jaeger answers {status}"))),
        }
    }
}

impl ClusterPlatform {
    async fn ask_jaeger(&self, jaeger: &Jaeger, id: &str) -> Result<Response, String> {
        let (address, host, base) = match jaeger {
            Jaeger::At { address, host, base } => (*address, host.as_str(), base.as_str()),
            Jaeger::Service { namespace, path, port } => {
                let reached = self.forwards.reach(&self.kubectl, namespace, path, &[*port], *port).await;
                (reached.map_err(|error| error.to_string())?, "localhost", "")
            }
        };
        let path = format!("{base}/api/traces/{id}");
        get(&Address::Tcp(address), host, &path, ANSWER).await.map_err(|failure| failure.to_string())
    }
}

/// Returns the service in a listing that has the query API.
fn services(list: &Value) -> Option<Jaeger> {
    list["items"].as_array()?.iter().find_map(|service| {
        let ports = service["spec"]["ports"].as_array()?;
        let is_query = |port: &&Value| port["port"] == QUERY || port["targetPort"] == QUERY;
        let port = ports.iter().find(is_query)?["port"].as_u64()?;
        let name = service["metadata"]["name"].as_str()?;
        let namespace = service["metadata"]["namespace"].as_str()?.to_owned();
        Some(Jaeger::Service { namespace, path: format!("service/{name}"), port: u16::try_from(port).ok()? })
    })
}

/// Returns true if a mesh configuration has a provider that receives spans.
fn has_provider(configuration: &str) -> bool {
    let keys = ["opentelemetry:", "zipkin:", "datadog:", "skywalking:"];
    configuration.contains("extensionProviders:") && keys.iter().any(|key| configuration.contains(key))
}

/// Returns those of some Telemetries that trace every request.
fn for_all_requests(list: &Value) -> impl Iterator<Item = &Value> {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter(|item| {
        let tracing = item["spec"]["tracing"].as_array().map_or(&[][..], Vec::as_slice);
        tracing.iter().any(|one| one["randomSamplingPercentage"].as_f64() == Some(100.0))
    })
}

/// Parses the spans in a response of `/api/traces/ID`.
fn read(answer: &Value) -> Vec<Span> {
    let traces = answer["data"].as_array().map_or(&[][..], Vec::as_slice);
    let spans = traces.iter().flat_map(|trace| {
        let spans = trace["spans"].as_array().map_or(&[][..], Vec::as_slice);
        spans.iter().filter_map(|span| {
            let process = &trace["processes"][span["processID"].as_str()?];
            let references = span["references"].as_array().map_or(&[][..], Vec::as_slice);
            let parent = references.iter().find(|reference| reference["refType"] == "CHILD_OF");
            Some(Span {
                id: span["spanID"].as_str()?.to_owned(),
                parent: parent.and_then(|parent| parent["spanID"].as_str()).map(str::to_owned),
                service: process["serviceName"].as_str()?.to_owned(),
                // Jaeger uses microseconds.
                start: span["startTime"].as_u64()?.saturating_mul(1000),
            })
        })
    });
    spans.collect()
}

/// Resolves the URL of Jaeger.
async fn at(url: &str) -> Result<Jaeger, String> {
    let address = gateway::resolve(url).await?;
    let uri: http::Uri = url.parse().map_err(|_| format!("invalid URL {url}"))?;
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    Ok(Jaeger::At { address, host, base: uri.path().trim_end_matches('/').to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spans_are_read_as_jaeger_tells_of_them() {
        let answer = json!({"data": [{
            "spans": [
                {"spanID": "b", "processID": "p1", "startTime": 17, "references": [
                    {"refType": "FOLLOWS_FROM", "spanID": "x"}, {"refType": "CHILD_OF", "spanID": "a"},
                ]},
                {"spanID": "a", "processID": "p2", "startTime": 12, "references": []},
            ],
            "processes": {"p1": {"serviceName": "frontend.meshwalk"}, "p2": {"serviceName": "frontend"}},
        }]});
        let span = |id: &str, parent: Option<&str>, service: &str, start| Span {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            service: service.to_owned(),
            start,
        };
        let wanted = [span("b", Some("a"), "frontend.meshwalk", 17_000), span("a", None, "frontend", 12_000)];
        assert_eq!(read(&answer), wanted);
        assert_eq!(read(&json!({"data": null, "errors": [{"code": 404}]})), []);
    }

    #[test]
    fn jaeger_is_found_under_the_ports_of_istios_sample_too() {
        let service = |name: &str, port: u64, platform: Value| {
            let ports = json!([{"port": 9411, "targetPort": 9411}, {"port": port, "targetPort": platform}]);
            json!({"metadata": {"name": name, "namespace": "istio-system"}, "spec": {"ports": ports}})
        };
        let list = json!({"items": [service("collector", 4317, json!(4317)), service("tracing", 80, json!(16686))]});
        let found = Jaeger::Service { namespace: "istio-system".into(), path: "service/tracing".into(), port: 80 };
        assert_eq!(services(&list), Some(found));
        assert_eq!(services(&json!({"items": [service("collector", 4317, json!(4317))]})), None);
    }

    #[test]
    fn a_provider_and_a_telemetry_for_every_request_are_told_from_others() {
        assert!(has_provider("extensionProviders:\n- name: a\n  opentelemetry:\n    port: 4317\n"));
        assert!(!has_provider("extensionProviders:\n- name: a\n  envoyExtAuthzHttp: {}\n"));
        let list = |percent: f64| json!({"items": [{"spec": {"tracing": [{"randomSamplingPercentage": percent}]}}]});
        let count = |list: Value| for_all_requests(&list).count();
        assert_eq!((count(list(100.0)), count(list(10.0)), count(json!({"items": []}))), (1, 0, 0));
    }
}
