//! Reads the changes and waits of a step.

use std::{path::PathBuf, time::Duration};

use meshwalk_yaml::Node;

use super::fault_rules;
use crate::reader::{Reader, below, one_or_many};
use crate::{
    checks::{MetricQuery, checks},
    lab::{Actions, Entrance, Faults, MetricWait, Restart, Scale, Wait},
    quantity,
    traffic::units,
};

/// Keys of actions, which are mixed with a step's other keys.
pub(super) const KEYS: [&str; 8] =
    ["apply", "delete", "scale", "restart", "faults", "clear-faults", "wait", "wait-metric"];
/// Names of the entrances of requests.
pub(super) const ENTRANCES: [(&str, Entrance); 4] = [
    ("gateway", Entrance::Gateway),
    ("frontend", Entrance::Frontend),
    ("outsider", Entrance::Outsider),
    ("unauthorized", Entrance::Unauthorized),
];
/// Default time limit for an effect. A cluster's control plane needs seconds.
const WITHIN: Duration = Duration::from_secs(30);

/// Reads the actions among the entries of a map whose keys have been checked.
pub(super) fn actions(reader: &mut Reader, node: &Node, field: &str) -> Actions {
    let mut actions = Actions::default();
    for entry in node.entries() {
        let field = below(field, &entry.key);
        match entry.key.as_str() {
            "apply" => actions.apply = files(reader, &entry.value, &field),
            "delete" => actions.delete = files(reader, &entry.value, &field),
            "scale" => {
                for (field, node) in one_or_many(&entry.value, &field) {
                    actions.scale.extend(scale(reader, node, &field));
                }
            }
            "restart" => {
                for (field, node) in one_or_many(&entry.value, &field) {
                    let location = node.location.clone();
                    actions
                        .restart
                        .extend(reader.text(node, &field).map(|deployment| Restart { deployment, location }));
                }
            }
            "clear-faults" => actions.clear_faults = reader.flag(&entry.value, &field).unwrap_or_default(),
            "faults" => {
                for (field, node) in one_or_many(&entry.value, &field) {
                    actions.faults.extend(faults(reader, node, &field));
                }
            }
            "wait" => actions.wait = wait(reader, &entry.value, &field),
            "wait-metric" => actions.wait_metric = wait_metric(reader, &entry.value, &field),
            _ => {}
        }
    }
    actions
}

fn files(reader: &mut Reader, node: &Node, field: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for (field, node) in one_or_many(node, field) {
        let Some(file) = reader.text(node, &field) else { continue };
        reader.files.push((PathBuf::from(&file), node.location.clone(), field));
        files.push(PathBuf::from(file));
    }
    files
}

fn scale(reader: &mut Reader, node: &Node, field: &str) -> Option<Scale> {
    reader.map(node, field, &["deployment", "replicas"]);
    let deployment = reader.required(node, field, "deployment", "deployment: backend-v1");
    let deployment = deployment.and_then(|node| reader.text(node, &below(field, "deployment")));
    let replicas = reader.required(node, field, "replicas", "replicas: 1")?;
    let replicas = reader.count(replicas, &below(field, "replicas"))?;
    Some(Scale { deployment: deployment?, replicas, location: node.location.clone() })
}

fn faults(reader: &mut Reader, node: &Node, field: &str) -> Option<Faults> {
    let entries = reader.map(node, field, &["service", "version", "instance", "instances", "rules"]);
    let mut text = |key: &str| {
        entries.iter().find(|entry| entry.key == key).and_then(|entry| reader.text(&entry.value, &below(field, key)))
    };
    let (version, instance) = (text("version"), text("instance"));
    let instances = node.get("instances").map(|node| reader.count(node, &below(field, "instances")));
    let service = reader.required(node, field, "service", "service: backend");
    let service = service.and_then(|node| reader.text(node, &below(field, "service")));
    let rules_node = reader.required(node, field, "rules", "rules: \"error=503@30%\"")?;
    let rules = reader.text(rules_node, &below(field, "rules"))?;
    fault_rules::check(reader, rules_node, &below(field, "rules"));
    Some(Faults {
        service: service?,
        version,
        instance,
        instances: instances.flatten(),
        rules,
        location: node.location.clone(),
    })
}

fn wait(reader: &mut Reader, node: &Node, field: &str) -> Option<Wait> {
    reader.map(node, field, &["from", "path", "headers", "until", "times", "within"]);
    let from = reader.required(node, field, "from", "from: gateway");
    let from = from.and_then(|node| reader.word(node, &below(field, "from"), &ENTRANCES));
    let until = reader.required(node, field, "until", "until: [success: 100%]")?;
    let until = checks(reader, until, &below(field, "until"), true);
    let path = path(reader, node, field);
    let headers = node.get("headers").map_or_else(Vec::new, |node| reader.headers(node, &below(field, "headers")));
    let times = node.get("times").map_or(Some(1), |node| reader.count(node, &below(field, "times")));
    let within = within(reader, node, field);
    Some(Wait { from: from?, path, headers, until, times: times?, within: within? })
}

fn within(reader: &mut Reader, node: &Node, field: &str) -> Option<Duration> {
    let given = node.get("within");
    given.map_or(Some(WITHIN), |node| reader.parsed(node, &below(field, "within"), units::duration))
}

fn wait_metric(reader: &mut Reader, node: &Node, field: &str) -> Option<MetricWait> {
    let query = MetricQuery::read(reader, node, field, &["name", "labels", "workload", "is", "within"]);
    let is = reader.required(node, field, "is", "is: \"= 0\"")?;
    let value = |text: &str| {
        let (op, rest) = quantity::comparison(text);
        let value = rest.parse::<f64>().ok().filter(|value| value.is_finite());
        let wrong = || {
            format!("`{text}` is not a valid bound on a number; write `=`, `<=` or `>=` and the number, as `\"= 0\"`")
        };
        Ok::<_, String>((op.unwrap_or(quantity::Op::Equal), value.ok_or_else(wrong)?))
    };
    let is = reader.parsed(is, &below(field, "is"), value);
    let within = within(reader, node, field);
    let (op, value) = is?;
    Some(MetricWait { query: query?, op, value, within: within? })
}

/// Returns the path of requests, by default `/api/hello`.
pub(super) fn path(reader: &mut Reader, node: &Node, field: &str) -> String {
    let fallback = || "/api/hello".to_owned();
    let Some(node) = node.get("path") else { return fallback() };
    let parse = |text: &str| match text.parse::<http::uri::PathAndQuery>() {
        Ok(_) if text.starts_with('/') => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is not a path; write one that begins with `/`, as `/api/hello`")),
    };
    reader.parsed(node, &below(field, "path"), parse).unwrap_or_else(fallback)
}
