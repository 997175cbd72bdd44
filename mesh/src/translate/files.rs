//! Renders a proxy's configuration into files that Envoy watches. Envoy reloads a file when another file is renamed to
//! its path.
//!
//! Each watched source needs an inotify instance, and Linux allows 128 for each user by default. Therefore endpoints are
//! inside of their clusters, and the constant trust bundle is named in the bootstrap. Four sources remain: listeners,
//! clusters, routes, and the certificate.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Map, Value, json};

use super::{ProxyConfig, message::set};

/// File name of the listeners.
pub const LISTENERS: &str = "lds.json";
/// File name of the clusters.
pub const CLUSTERS: &str = "cds.json";
/// File name of the secret [`super::OWN_CERTIFICATE`] with the proxy's certificate and key. The runtime writes it.
pub const OWN_CERTIFICATE_FILE: &str = "sds-default.json";
/// File name of the root certificates in PEM. The runtime writes it.
pub const TRUST_BUNDLE_FILE: &str = "root-cert.pem";

/// Paths of a proxy's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfigPaths<'a> {
    /// Folder of the configuration and the secrets.
    pub folder: &'a Path,
    /// Path of the access log.
    pub access_log: &'a Path,
}

/// One configuration file of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFile {
    /// File name.
    pub name: String,
    /// Type of resources in the file.
    pub kind: FileKind,
    /// Content in JSON.
    pub content: String,
}

/// Type of resources in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Clusters with their endpoints (CDS).
    Clusters,
    /// One route configuration (RDS).
    Routes,
    /// Listeners (LDS).
    Listeners,
}

/// Files of a configuration in the order of writing: no file refers to one after it. `/config_dump` shows the
/// `version`.
#[must_use]
pub fn render(config: &ProxyConfig, paths: ConfigPaths<'_>, version: &str) -> Vec<ConfigFile> {
    let placed = location(config, &|file| source(&paths.folder.join(file)), paths.access_log);
    let mut files = Vec::new();
    let clusters: Vec<Value> = placed.clusters_with_endpoints().collect();
    files.push(file(CLUSTERS.to_owned(), FileKind::Clusters, version, clusters.iter(), "cluster.v3.Cluster"));
    for (name, routes) in &placed.routes {
        let resources = std::iter::once(routes);
        files.push(file(routes_file(name), FileKind::Routes, version, resources, "route.v3.RouteConfiguration"));
    }
    let listeners = placed.listeners.values();
    files.push(file(LISTENERS.to_owned(), FileKind::Listeners, version, listeners, "listener.v3.Listener"));
    files
}

fn file<'r>(
    name: String,
    kind: FileKind,
    version: &str,
    resources: impl Iterator<Item = &'r Value>,
    message: &str,
) -> ConfigFile {
    let type_url = format!("type.googleapis.com/envoy.config.{message}");
    let resources: Vec<Value> = resources
        .map(|resource| {
            let mut resource = resource.clone();
            set(&mut resource, "@type", type_url.as_str());
            resource
        })
        .collect();
    let response = json!({ "version_info": version, "type_url": type_url, "resources": resources });
    ConfigFile { name, kind, content: format!("{response:#}\n") }
}

/// File name of a route configuration.
#[must_use]
pub fn routes_file(name: &str) -> String {
    format!("rds-{}.json", plain(name))
}

/// Replaces `|` in a name, which is special in a shell.
fn plain(name: &str) -> String {
    name.replace('|', "_")
}

/// Configuration source of a watched file.
pub(crate) fn source(path: &Path) -> Value {
    json!({ "resource_api_version": "V3", "path_config_source": { "path": path.to_string_lossy() } })
}

/// Adds the sources and the path of the access log to a configuration.
pub(crate) fn location(config: &ProxyConfig, source: &impl Fn(&str) -> Value, access_log: &Path) -> ProxyConfig {
    let placed = |resources: &BTreeMap<String, Value>| {
        let mut resources = resources.clone();
        for resource in resources.values_mut() {
            for_each_object(resource, &mut |fields| place_fields(fields, source, access_log));
        }
        resources
    };
    ProxyConfig {
        listeners: placed(&config.listeners),
        routes: config.routes.clone(),
        clusters: placed(&config.clusters),
        endpoints: config.endpoints.clone(),
    }
}

fn place_fields(fields: &mut Map<String, Value>, source: &impl Fn(&str) -> Value, access_log: &Path) {
    if let Some(rds) = fields.get_mut("rds") {
        let file = routes_file(rds["route_config_name"].as_str().unwrap_or_default());
        set(rds, "config_source", source(&file));
    }
    let own = fields.get_mut("tls_certificate_sds_secret_configs").and_then(Value::as_array_mut);
    for secret in own.into_iter().flatten() {
        set(secret, "sds_config", source(OWN_CERTIFICATE_FILE));
    }
    if fields.get("@type").and_then(Value::as_str).is_some_and(|message| message.ends_with("FileAccessLog")) {
        fields.insert("path".to_owned(), json!(access_log.to_string_lossy()));
    }
}

/// Calls `change` for every object in a message, recursively.
pub(crate) fn for_each_object(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            change(fields);
            fields.values_mut().for_each(|field| for_each_object(field, change));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| for_each_object(item, change)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ProxyConfig {
        let one = |name: &str, value: Value| BTreeMap::from([(name.to_owned(), value)]);
        ProxyConfig {
            listeners: one("l", json!({ "rds": { "route_config_name": "http.80" } })),
            routes: one("http.80", json!({})),
            clusters: one("outbound|80||a", json!({ "type": "STATIC" })),
            endpoints: one("outbound|80||a", json!({ "cluster_name": "outbound|80||a" })),
        }
    }

    #[test]
    fn orders_files_before_those_that_refer_to_them() {
        let paths = ConfigPaths { folder: Path::new("/f"), access_log: Path::new("/log") };
        let names: Vec<String> = render(&config(), paths, "7").into_iter().map(|file| file.name).collect();
        assert_eq!(names, [CLUSTERS, "rds-http.80.json", LISTENERS]);
    }

    #[test]
    fn sources_name_the_rendered_files() {
        let paths = ConfigPaths { folder: Path::new("/f"), access_log: Path::new("/log") };
        let files = render(&config(), paths, "7");
        assert!(files[0].content.contains("load_assignment"), "{}", files[0].content);
        assert!(files[2].content.contains("/f/rds-http.80.json"), "{}", files[2].content);
        assert!(files.iter().all(|file| file.content.contains("\"version_info\": \"7\"")));
    }
}
