//! A field that is called translated changes what a proxy gets: without it, some input of the golden cases gives
//! another configuration, or none.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use meshwalk_mesh::{
    manifest::fields::{Effect, Table},
    resources::{Kind, ParsedManifests, Resources},
    translate::{Translation, translate},
};
use serde_json::{Value, json};

use super::pods::{golden, resources, topology};

/// Kinds whose fields all appear in a proxy's configuration. The others become processes.
const KINDS: [Kind; 6] = [
    Kind::Service,
    Kind::Gateway,
    Kind::VirtualService,
    Kind::DestinationRule,
    Kind::PeerAuthentication,
    Kind::AuthorizationPolicy,
];

/// A leaf of a document: the way to it, and its path in the schema.
struct Leaf {
    way: Vec<Step>,
    path: String,
}

#[derive(Clone)]
enum Step {
    Key(String),
    Index(usize),
}

#[test]
fn every_translated_field_changes_a_proxy() {
    let mut missing: BTreeMap<Kind, BTreeSet<String>> =
        KINDS.into_iter().map(|kind| (kind, translated(kind))).collect();
    let mut inputs: Vec<_> =
        fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap().path().join("input.yaml")).collect();
    inputs.sort();
    let files = inputs.iter().filter(|path| path.is_file()).map(|path| resources(std::slice::from_ref(path)));
    for resources in files.chain(policies_everywhere()) {
        let documents: Vec<Value> = resources.all().iter().map(|resource| resource.document().clone()).collect();
        let whole = configurations(&documents).expect("the input is right");
        for (index, resource) in resources.all().iter().enumerate() {
            let kind = resource.kind();
            let Some(missing) = missing.get_mut(&kind).filter(|missing| !missing.is_empty()) else { continue };
            for leaf in leaves(kind.fields(), &documents[index]) {
                if !missing.contains(&leaf.path) {
                    continue;
                }
                let mut without = documents.clone();
                remove(&mut without[index], &leaf.way);
                if configurations(&without).as_ref() != Some(&whole) {
                    missing.remove(&leaf.path);
                }
            }
        }
    }
    missing.retain(|_, paths| !paths.is_empty());
    assert!(missing.is_empty(), "no golden case shows what these fields change: {missing:#?}");
}

/// Traffic policies at each possible path. The cases do not repeat every field at every path.
fn policies_everywhere() -> impl Iterator<Item = Resources> {
    let hash = |hash: Value| json!({ "loadBalancer": { "consistentHash": hash } });
    let policies = [
        hash(json!({ "httpHeaderName": "x-user", "ringHash": { "minimumRingSize": 512 } })),
        hash(json!({ "httpQueryParameterName": "user", "maglev": { "tableSize": 251 } })),
        hash(json!({ "httpCookie": { "name": "user", "path": "/", "ttl": "60s" } })),
        hash(json!({ "useSourceIp": true })),
        json!({ "connectionPool": { "http": { "useClientProtocol": true } } }),
        json!({ "tls": { "mode": "ISTIO_MUTUAL", "sni": "told.example", "subjectAltNames": ["spiffe://told"] } }),
    ];
    policies.into_iter().flat_map(|policy| {
        let mut of_port = policy.clone();
        of_port["port"] = json!({ "number": 8080 });
        let of_ports = json!({ "portLevelSettings": [of_port] });
        let nothing = Value::Null;
        [(&policy, &nothing), (&of_ports, &nothing), (&nothing, &policy), (&nothing, &of_ports)]
            .map(|(of_service, of_subset)| with_policies(of_service, of_subset))
    })
}

/// The workload with a rule for the backend, and routes to it and to its subset.
fn with_policies(of_service: &Value, of_subset: &Value) -> Resources {
    let metadata = json!({ "name": "backend", "namespace": "shop" });
    let rule = json!({
        "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": metadata,
        "spec": { "host": "backend", "trafficPolicy": of_service, "subsets": [
            { "name": "v1", "labels": { "version": "v1" }, "trafficPolicy": of_subset },
        ] },
    });
    let to = |subset: &Value| {
        let mut destination = json!({ "host": "backend", "port": { "number": 8080 } });
        if subset.is_string() {
            destination["subset"] = subset.clone();
        }
        json!({ "route": [{ "destination": destination }] })
    };
    let mut first = to(&json!("v1"));
    first["match"] = json!([{ "uri": { "prefix": "/v1" } }]);
    let routes = json!({
        "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": metadata,
        "spec": { "hosts": ["backend"], "http": [first, to(&Value::Null)] },
    });
    let reading =
        ParsedManifests::from_documents(&[rule, routes]).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    resources(&[]).with(&reading).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// The paths of the fields of `spec` that the table calls translated.
fn translated(kind: Kind) -> BTreeSet<String> {
    kind.fields()
        .rules()
        .filter(|(path, effect)| {
            path.starts_with("spec.") && matches!(effect, Effect::Translated | Effect::TranslatedIf(..))
        })
        .map(|(path, _)| path.to_owned())
        .collect()
}

fn configurations(documents: &[Value]) -> Option<Translation> {
    let reading = ParsedManifests::from_documents(documents).ok()?;
    let resources = Resources::default().with(&reading).ok()?;
    translate(&resources, &topology(&resources)).ok()
}

fn leaves(table: &Table, document: &Value) -> Vec<Leaf> {
    let mut found = Vec::new();
    collect(table, document, "", &mut Vec::new(), &mut found);
    found
}

fn collect(table: &Table, value: &Value, path: &str, way: &mut Vec<Step>, found: &mut Vec<Leaf>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let is_map = table.schema.kind(&format!("{path}{{}}")).is_some();
            for (name, field) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                let below = if is_map { format!("{path}{{}}") } else { format!("{path}{dot}{name}") };
                way.push(Step::Key(name.clone()));
                collect(table, field, &below, way, found);
                way.pop();
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                way.push(Step::Index(index));
                collect(table, item, &format!("{path}[]"), way, found);
                way.pop();
            }
        }
        _ => found.push(Leaf { way: way.clone(), path: path.to_owned() }),
    }
}

fn remove(document: &mut Value, way: &[Step]) {
    let Some((last, above)) = way.split_last() else { return };
    let mut location = document;
    for step in above {
        location = match step {
            Step::Key(name) => &mut location[name],
            Step::Index(index) => &mut location[index],
        };
    }
    match (location, last) {
        (Value::Object(fields), Step::Key(name)) => drop(fields.remove(name)),
        (Value::Array(items), Step::Index(index)) => drop(items.remove(*index)),
        _ => {}
    }
}
