//! Tests the cases on a local mesh.

use std::path::PathBuf;

use meshwalk_conformance::{
    case::{self, Case},
    names::NAMESPACE,
    project, suite,
    test_mesh::{Local, TestMesh},
};

fn programs() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let programs = tests.ancestors().nth(2).unwrap().to_owned();
    assert!(programs.join("meshwalk").is_file(), "build the programs first: `cargo build --bins`");
    programs
}

fn cases() -> Vec<Case> {
    case::read_all(&project().join("tests/conformance/cases"), NAMESPACE).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_mesh_does_with_every_case_what_istio_documents() {
    let mut mesh = TestMesh::Local(Box::new(Local::up(&programs()).await.unwrap()));
    let mut unmet = Vec::new();
    let clear = case::read(&project().join("tests/conformance/clear.yaml"), NAMESPACE).unwrap();
    for case in [clear.clone()].into_iter().chain(cases()) {
        let outcome = suite::run(&mut mesh, &case, &clear).await.unwrap();
        unmet.extend(outcome.unmet.iter().map(|line| format!("{}: {line}", case.case)));
    }
    mesh.end().await.unwrap();
    assert!(unmet.is_empty(), "{}", unmet.join("\n"));
}
