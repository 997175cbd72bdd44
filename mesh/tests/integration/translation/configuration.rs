//! Configurations as readers of golden files want them.

use std::collections::BTreeMap;

use meshwalk_mesh::translate::ProxyConfig;
use serde_json::{Map, Value, json};

/// Takes out what every connection manager has.
pub(super) fn without_telemetry(config: &ProxyConfig) -> ProxyConfig {
    let mut config = config.clone();
    for listener in config.listeners.values_mut() {
        for chain in listener["filter_chains"].as_array_mut().unwrap() {
            let manager = chain["filters"][0]["typed_config"].as_object_mut().unwrap();
            manager.remove("access_log");
            manager.remove("tracing");
        }
    }
    config
}

/// Everything.
pub(super) fn whole(config: &ProxyConfig) -> Map<String, Value> {
    differences(&ProxyConfig::default(), config)
}

/// The resources that `there` has otherwise than `here`, or not at all: then they are null.
pub(super) fn differences(here: &ProxyConfig, there: &ProxyConfig) -> Map<String, Value> {
    let mut all = Map::new();
    for (kind, here, there) in [
        ("listeners", &here.listeners, &there.listeners),
        ("routes", &here.routes, &there.routes),
        ("clusters", &here.clusters, &there.clusters),
        ("endpoints", &here.endpoints, &there.endpoints),
    ] {
        let of_kind = different(here, there);
        if !of_kind.is_empty() {
            all.insert(kind.to_owned(), of_kind.into());
        }
    }
    all
}

fn different(here: &BTreeMap<String, Value>, there: &BTreeMap<String, Value>) -> Map<String, Value> {
    let changed = there.iter().filter(|(name, value)| here.get(*name) != Some(value));
    let gone = here.keys().filter(|name| !there.contains_key(*name)).map(|name| (name.clone(), json!(null)));
    changed.map(|(name, value)| (name.clone(), value.clone())).chain(gone).collect()
}

/// JSON with as much on a line as fits: configurations are deep, and most of their parts small.
pub(super) fn readable(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, 0, &mut text);
    text
}

const WIDTH: usize = 118;

/// `used` is the length of the line before the value.
fn write(value: &Value, depth: usize, used: usize, text: &mut String) {
    let short = value.to_string();
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, field)| (format!("{}: ", json!(name)), field)).collect(),
        Value::Array(items) => items.iter().map(|item| (String::new(), item)).collect(),
        _ => Vec::new(),
    };
    if parts.is_empty() || used + short.len() < WIDTH {
        text.push_str(&short);
        return;
    }
    let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
    let indent = " ".repeat(depth + 1);
    text.push(open);
    for (index, (name, part)) in parts.iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&indent);
        text.push_str(name);
        write(part, depth + 1, depth + 1 + name.len(), text);
    }
    text.push('\n');
    text.push_str(&" ".repeat(depth));
    text.push(close);
}
