//! Rejected changes: the error names the cause, and nothing changes.

use std::process::{Command, Stdio};

use meshwalk_mesh::control::{
    client::Error,
    types::{ApplyError, ApplyErrorKind, Files},
};

use super::{
    bed::{Bed, fresh_name, program, project},
    changes::{file, version},
};

/// A class that ends before it begins: Istio finds it too, and the local mesh leaves it to Envoy.
const WRONG: &str = "apiVersion: networking.istio.io/v1\nkind: VirtualService\n\
                     metadata: {name: backend, namespace: meshwalk}\nspec:\n  hosts: [backend]\n  http:\n    \
                     - match: [{uri: {regex: \"[z-a]\"}}]\n      route: [{destination: {host: backend}}]\n";

fn refusal(error: Error) -> ApplyError {
    let Error::Refused(refusal) = error else { panic!("{error}") };
    refusal
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_by_envoy_is_reported_with_reason_and_resource() {
    let bed = Bed::up(&["istio/routes/all-to-v1.yaml"]).await;
    let before = bed.status().await.config_version;
    let wrong = file(WRONG);
    let error = bed.client.apply(&[wrong.path().to_owned()]).await.unwrap_err();
    assert!(error.is_input(), "{error}");
    let refusal = refusal(error);
    assert_eq!(refusal.kind, ApplyErrorKind::Envoy);
    let words = refusal.to_string();
    assert!(words.contains("Envoy rejected the configuration of "), "{words}");
    assert!(words.contains(": invalid character class range: z-a; no changes were applied"), "{words}");
    let location = format!("{}:1:1: VirtualService meshwalk/backend: changed by this change", wrong.path().display());
    assert!(words.ends_with(&location), "{words}");
    assert_eq!(bed.status().await.config_version, before);
    assert_eq!(version(&bed).await.as_deref(), Some("v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mesh_does_not_start_if_envoy_rejects_a_resource() {
    let wrong = file(WRONG);
    let mut command = Command::new(program("meshwalk"));
    command.args(["up", "--name", &fresh_name(), "-f"]).arg(project().join("k8s/base")).arg("-f").arg(wrong.path());
    // Ended with the test's own end if it comes up after all.
    let output = tokio::process::Command::from(command).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(super::bed::DEADLINE, output).await.expect("it came up").unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(
        words.contains("invalid character class range") && words.contains("VirtualService meshwalk/backend"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn locations_in_standard_input_name_it() {
    let bed = Bed::up(&[]).await;
    let text = WRONG.replace("hosts: [backend]", "hosts: [nobody]");
    let apply = |text: String| bed.client.apply_files(Files { paths: Vec::new(), standard_input: Some(text) });
    let words = refusal(apply(text).await.unwrap_err()).to_string();
    assert!(words.contains("\n  standard input:5:11: VirtualService meshwalk/backend: spec.hosts[0]: "), "{words}");
    let words = refusal(apply("# nothing\n".to_owned()).await.unwrap_err()).to_string();
    assert!(words.contains("no resource in standard input; "), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_the_owner_of_a_gateway_port_in_use() {
    let bed = Bed::up(&[]).await;
    let before = bed.status().await.config_version;
    let foreign = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = foreign.local_addr().unwrap().port();
    let text = format!(
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: more, namespace: meshwalk}}\nspec:\n  \
         selector: {{istio: ingressgateway}}\n  servers:\n    - port: {{number: {port}, name: http, protocol: HTTP}}\n      \
         hosts: [more.localhost]\n"
    );
    let refusal = refusal(bed.client.apply(&[file(&text).path().to_owned()]).await.unwrap_err());
    assert_eq!(refusal.kind, ApplyErrorKind::Failed, "{refusal}");
    let words = refusal.to_string();
    assert!(words.contains(&format!("most likely a program listens on 0.0.0.0:{port}")), "{words}");
    assert!(
        words.starts_with(&format!("port {port} is in use at ")) && words.ends_with("no changes were applied"),
        "{words}"
    );
    assert_eq!(bed.status().await.config_version, before);
    drop(foreign);
    bed.client.apply(&[file(&text).path().to_owned()]).await.unwrap();
}
