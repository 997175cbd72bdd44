//! Documents that have one field, for each field of a schema.

use meshwalk_mesh::{manifest::fields::Effect, resources::Kind};
use serde_json::{Value, json};

/// A value that a field of a type may have; a guess by name where the type is narrower than the schema says.
pub(crate) fn sample(kind: Kind, path: &str) -> Value {
    let table = kind.fields();
    if let Some(Effect::TranslatedIf(values, _)) = table.effect(path) {
        return json!(values[values.len() - 1]);
    }
    if let Some(values) = table.schema.values(path) {
        return json!(values[values.len() - 1]);
    }
    let name = path.rsplit(['.', '[', '{']).next().unwrap_or_default();
    match table.schema.kind(path).unwrap() {
        "integer" | "int-or-string" => json!(200),
        "number" => json!(12.5),
        "boolean" => json!(true),
        _ if [
            "fixedDelay",
            "ttl",
            "connectTimeout",
            "maxConnectionDuration",
            "interval",
            "time",
            "timeout",
            "backoff",
        ]
        .contains(&name)
            || name.ends_with("Timeout")
            || name.ends_with("Time") =>
        {
            json!("5s")
        }
        _ => json!("sample"),
    }
}

/// Puts a value at a pattern: the first element of a list, one key of a map.
pub(crate) fn put(target: &mut Value, pattern: &str, value: Value) {
    let Some((at, separator)) = pattern.char_indices().find(|(_, c)| ['.', '[', '{'].contains(c)) else {
        if pattern.is_empty() {
            *target = value;
        } else {
            target[pattern] = value;
        }
        return;
    };
    let (name, rest) = pattern.split_at(at);
    if !name.is_empty() {
        return put(&mut target[name], rest, value);
    }
    let rest = &rest[rest.find(|c: char| !['.', '[', ']', '{', '}'].contains(&c)).unwrap_or(rest.len()).min(
        match separator {
            '.' => 1,
            _ => 2,
        },
    )..];
    match separator {
        '.' => put(target, rest, value),
        '[' => {
            if !target.is_array() {
                *target = json!([{}]);
            }
            put(&mut target[0], rest, value);
        }
        _ => put(&mut target["8080"], rest, value),
    }
}

/// The least that a kind must have.
pub(crate) fn least(kind: Kind) -> Value {
    let spec = match kind {
        Kind::Namespace | Kind::ServiceAccount | Kind::PeerAuthentication | Kind::AuthorizationPolicy => json!({}),
        Kind::Service => json!({"ports": [{"name": "http", "port": 80}]}),
        Kind::Deployment => json!({
            "selector": {"matchLabels": {}},
            "template": {"spec": {"containers": [{"name": "app", "image": "meshwalk/backend:v1"}]}}
        }),
        Kind::Gateway => {
            json!({"servers": [{"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["a.example"]}]})
        }
        Kind::VirtualService => json!({"hosts": ["a"], "http": [{}]}),
        Kind::DestinationRule => json!({"host": "a", "subsets": [{"name": "a"}]}),
    };
    let mut document =
        json!({"apiVersion": kind.api_versions()[0], "kind": kind.name(), "metadata": {"name": "sample"}});
    if spec != json!({}) {
        document["spec"] = spec;
    }
    document
}

/// Fields that are valid only together with others.
pub(crate) fn companions(path: &str) -> Vec<(&'static str, Value)> {
    let known: &[(&str, &[(&str, Value)])] = &[
        (".destination.", &[("destination.host", json!("a"))]),
        (".mirror.", &[("mirror.host", json!("a"))]),
        (".mirrors[].percentage", &[("mirrors[].destination.host", json!("a"))]),
        (".route[].", &[("route[].destination.host", json!("a"))]),
        (".delay.percentage", &[("delay.fixedDelay", json!("5s"))]),
        (".directResponse.body", &[("directResponse.status", json!(200))]),
        (".uriRegexRewrite.match", &[("uriRegexRewrite.rewrite", json!("a"))]),
        (".uriRegexRewrite.rewrite", &[("uriRegexRewrite.match", json!("a"))]),
        (".httpCookie.", &[("httpCookie.name", json!("a"))]),
        (".portLevelSettings[]", &[("portLevelSettings[].port.number", json!(80))]),
        (".env[].", &[("env[].name", json!("A"))]),
        ("containers[].ports[].", &[("ports[].containerPort", json!(80))]),
        (".readinessProbe.", &[("readinessProbe.httpGet.port", json!(80))]),
        (".when[].", &[("when[].key", json!("request.headers[a]"))]),
    ];
    known.iter().filter(|(part, _)| path.contains(part)).flat_map(|(_, fields)| fields.to_vec()).collect()
}

/// Adds the fields that a field requires: its companions, and those required by the schema.
pub(crate) fn complete(document: &mut Value, kind: Kind, path: &str) {
    let schema = &kind.fields().schema;
    for (end, _) in path.match_indices(['.', '[', '{']) {
        let above = &path[..end];
        let above =
            if path[end..].starts_with('.') { above.to_owned() } else { format!("{above}{}", &path[end..end + 2]) };
        for name in schema.required(&above).filter(|name| !["host", "destination", "spec"].contains(name)) {
            let beside = format!("{above}.{name}");
            if !path.starts_with(&beside)
                && schema.children(&beside).next().is_none()
                && schema.kind(&beside) != Some("list")
            {
                put(document, &beside, sample(kind, &beside));
            }
        }
    }
    for (companion, value) in companions(path) {
        let (first, _) = companion.split_once(['.', '[']).unwrap();
        let at = path.find(&format!(".{first}")).unwrap();
        put(document, &format!("{}.{companion}", &path[..at]), value);
    }
}
