//! Reads a step.

use std::time::Duration;

use meshwalk_yaml::Node;

use super::actions::{self, ENTRANCES, actions, path};
use crate::{
    checks::checks,
    lab::{Gate, Step, Traffic},
    reader::{Reader, below, one_or_many},
    traffic::units,
};

const KEYS: [&str; 8] = ["title", "explain", "local-only", "cluster-only", "traffic", "during", "expect", "gate"];
const TRAFFIC: [&str; 8] = ["name", "from", "path", "rate", "for", "headers", "connections", "timeout"];
/// Default time limit for a response, longer than an application waits for its upstream, to receive the application's
/// error.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Reads one step.
pub(super) fn step(reader: &mut Reader, node: &Node, field: &str) -> Option<Step> {
    let known: Vec<&str> = KEYS.into_iter().chain(actions::KEYS).collect();
    reader.map(node, field, &known);
    let title = reader.required(node, field, "title", "title: Ten per cent");
    let title = title.and_then(|node| reader.text(node, &below(field, "title")));
    let mut text = |key: &str| node.get(key).and_then(|node| reader.text(node, &below(field, key)));
    let (explain, local_only, cluster_only) = (text("explain"), text("local-only"), text("cluster-only"));
    let changes = actions(reader, node, field);
    let (mut traffic, mut unread) = (Vec::new(), false);
    if let Some(node) = node.get("traffic") {
        for (field, node) in one_or_many(node, &below(field, "traffic")) {
            match one_traffic(reader, node, &field) {
                Some(read) => traffic.push(read),
                None => unread = true,
            }
        }
    }
    let during = node.get("during").map(|node| {
        let field = below(field, "during");
        reader.map(node, &field, &actions::KEYS);
        actions(reader, node, &field)
    });
    let gate = node.get("gate").and_then(|node| gate(reader, node, &below(field, "gate")));
    let expect = node.get("expect").map_or_else(Vec::new, |node| checks(reader, node, &below(field, "expect"), false));
    if unread {
        reader.unread_traffic.push(node.location.clone());
    }
    Some(Step {
        title: title?,
        explain,
        cluster_only,
        local_only,
        actions: changes,
        traffic,
        during,
        gate,
        expect,
        location: node.location.clone(),
    })
}

fn one_traffic(reader: &mut Reader, node: &Node, field: &str) -> Option<Traffic> {
    reader.map(node, field, &TRAFFIC);
    let from = reader.required(node, field, "from", "from: gateway");
    let from = from.and_then(|node| reader.word(node, &below(field, "from"), &ENTRANCES));
    let rate = reader.required(node, field, "rate", "rate: 400/s");
    let rate = rate.and_then(|node| reader.parsed(node, &below(field, "rate"), units::rate));
    let duration = reader.required(node, field, "for", "for: 2s");
    let duration = duration.and_then(|node| reader.parsed(node, &below(field, "for"), units::duration));
    let name = node.get("name").and_then(|node| reader.text(node, &below(field, "name")));
    let path = path(reader, node, field);
    let headers = node.get("headers").map_or_else(Vec::new, |node| reader.headers(node, &below(field, "headers")));
    let words = [("kept", false), ("fresh", true)];
    let fresh = node.get("connections").map(|node| reader.word(node, &below(field, "connections"), &words));
    let timeout = node
        .get("timeout")
        .map_or(Some(TIMEOUT), |node| reader.parsed(node, &below(field, "timeout"), units::duration));
    let from = from?;
    let traffic = Traffic {
        name: name.unwrap_or_else(|| from.word().to_owned()),
        from,
        path,
        headers,
        rate: rate?,
        duration: duration?,
        // Connections are kept unless the lab asks for new ones, which use a changed policy or endpoint at once.
        fresh: fresh.map_or(Some(false), |fresh| fresh)?,
        timeout: timeout?,
        location: node.location.clone(),
    };
    if traffic.requests() == 0 {
        reader.wrong(&node.location, field, "this is less than one request", Some("raise `rate` or `for`".to_owned()));
    }
    Some(traffic)
}

fn gate(reader: &mut Reader, node: &Node, field: &str) -> Option<Gate> {
    reader.map(node, field, &["checks", "rollback"]);
    let wanted = reader.required(node, field, "checks", "checks: [{success: \">= 99%\"}]");
    let wanted = wanted.map(|node| checks(reader, node, &below(field, "checks"), false));
    let rollback = reader.required(node, field, "rollback", "rollback: {apply: istio/routes/all-to-v1.yaml}")?;
    let field = below(field, "rollback");
    reader.map(rollback, &field, &actions::KEYS);
    Some(Gate { checks: wanted?, rollback: actions(reader, rollback, &field) })
}
