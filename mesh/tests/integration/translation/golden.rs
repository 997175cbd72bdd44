//! Compares translations with golden files that Envoy has validated. `MESHWALK_UPDATE_GOLDEN=1` rewrites them; review
//! the difference.
//!
//! Each case is a folder with `input.yaml`: resources that are applied to the workload of `workload.yaml`. Its
//! `expected.json` contains what they change; only the case `workload` shows everything. Metrics, access log and
//! tracing are the same in every connection manager, so only the case `telemetry` shows them.

use std::{fs, path::PathBuf};

use meshwalk_mesh::translate::{ProxyConfig, Translation, translate};
use serde_json::{Map, Value, json};

use super::{
    configuration::{differences, readable, whole, without_telemetry},
    envoy,
    pods::{golden, resources, topology},
};

/// Whose configuration the files show, and which parts: of a caller everything, of a receiver and of the edge what a
/// caller does not have.
const SHOWN: [(&str, &[&str]); 3] = [
    ("frontend-1", &["listeners", "routes", "clusters", "endpoints"]),
    ("backend-v1-1", &["listeners"]),
    ("istio-ingressgateway", &["listeners", "routes"]),
];

macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { check(stringify!($name)); })*

        #[test]
        fn every_folder_is_a_case() {
            let mut folders: Vec<String> = fs::read_dir(golden())
                .unwrap()
                .map(|entry| entry.unwrap())
                .filter(|entry| entry.file_type().unwrap().is_dir())
                .map(|entry| entry.file_name().into_string().unwrap())
                .collect();
            folders.sort();
            let mut cases = vec!["telemetry", $(stringify!($name)),*];
            cases.sort_unstable();
            assert_eq!(folders, cases);
        }
    };
}

cases!(
    workload,
    authorization,
    authorization_at_the_gateway,
    connection_pools,
    consistent_hash,
    destination_tls,
    direct_responses,
    faults,
    gateway,
    headers,
    http2,
    load_balancing,
    matches,
    mirrors,
    outlier_detection,
    peer_authentication,
    port_level_policies,
    redirects,
    retries,
    rewrites,
    timeouts,
    weights,
);

/// The configurations of the workload with the resources of a case.
fn translated(case: &str) -> (Translation, meshwalk_mesh::topology::Topology) {
    let input = golden().join(case).join("input.yaml");
    let further: Vec<PathBuf> = input.is_file().then_some(input).into_iter().collect();
    let resources = resources(&further);
    let topology = topology(&resources);
    (translate(&resources, &topology).unwrap_or_else(|diagnostics| panic!("{diagnostics}")), topology)
}

fn check(case: &str) {
    let (translation, topology) = translated(case);
    let mut shown = Map::new();
    let alone = translated("workload").0;
    for (name, parts) in SHOWN {
        let here = without_telemetry(&translation[name]);
        let mut different =
            if case == "workload" { whole(&here) } else { differences(&without_telemetry(&alone[name]), &here) };
        different.retain(|part, _| parts.contains(&part.as_str()));
        if !different.is_empty() {
            shown.insert(name.to_owned(), different.into());
        }
    }
    for name in shown.keys() {
        let judgement = envoy::judge(name, &translation[name], &topology);
        judgement.unwrap_or_else(|words| panic!("{case}: {name}: {words}"));
    }
    compare(case, &Value::Object(shown));
}

fn compare(case: &str, found: &Value) {
    let path = golden().join(case).join("expected.json");
    let found = format!("{}\n", readable(found));
    if std::env::var_os("MESHWALK_UPDATE_GOLDEN").is_some() {
        fs::write(&path, &found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "{case}: {} differs from line {} on; MESHWALK_UPDATE_GOLDEN=1 writes it anew\n{}",
        path.display(),
        differs.map_or_else(|| found.lines().count().min(expected.lines().count()) + 1, |line| line + 1),
        found.lines().skip(differs.unwrap_or_default()).take(12).collect::<Vec<_>>().join("\n"),
    );
}

#[test]
fn telemetry() {
    let (translation, _) = translated("workload");
    let mut shown = Map::new();
    for (name, _) in SHOWN {
        let ProxyConfig { listeners, .. } = &translation[name];
        for (listener, config) in listeners {
            for (index, chain) in config["filter_chains"].as_array().unwrap().iter().enumerate() {
                let manager = &chain["filters"][0]["typed_config"];
                let mut logs = manager["access_log"].clone();
                let stats = &mut logs[0]["typed_config"];
                let labels = stats["counters"][0]["stat"]["tags"].clone();
                assert_eq!(stats["histograms"][0]["stat"]["tags"].take(), labels, "all metrics have the same labels");
                let telemetry = json!({ "access_log": logs, "tracing": manager["tracing"] });
                shown.insert(format!("{name}: {listener}: {index}"), telemetry);
            }
        }
    }
    // The listeners of one side of a proxy have the same: one for each side is enough to read.
    shown.retain(|name, _| {
        ["backend-v1-1: inbound", "frontend-1: outbound_127.1.2.14_8080"].iter().any(|one| name.starts_with(one))
    });
    assert_eq!(shown.len(), 3, "{:?}", shown.keys());
    compare("telemetry", &Value::Object(shown));
}
