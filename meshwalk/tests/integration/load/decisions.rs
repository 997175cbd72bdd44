//! What `meshwalk load` decides: checks, and differences from an earlier run.

use super::{load, text};
use crate::traffic::server::{Seen, http};

#[tokio::test(flavor = "multi_thread")]
async fn expectations_are_printed_and_decide_the_exit_code() {
    let url = format!("{}/api/hello", http(&Seen::new(0)).await);
    let run = ["-n", "40", "-r", "1000", "--service", "backend", "--expect", "success 100%", "--expect"];
    for (expression, code, verdict) in [
        ("share v1: 100%", 0, "✓ share v1 100 %: v1 100 % (40) of 40 answers"),
        ("share v2: 50%", 1, "✗ share v2 50 %: v1 100 % (40), v2 0 % (0) of 40 answers"),
        ("status 200: <= 1%", 1, "✗ status 200 <= 1 %: 200 100 % (40) of 40 requests"),
        ("max >= 1h", 1, "✗ max >= 3600 s: "),
    ] {
        let output = load(&[&[url.as_str()], &run[..], &[expression]].concat()).await;
        let table = text(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{expression}: {table}{}", text(&output.stderr));
        assert!(table.contains(verdict) && table.contains("✓ success 100 %: 100 % (40) of 40 requests"), "{table}");
    }
    let output = load(&[&url, "--expect", "probes: ready"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--expect <EXPRESSION>"), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_compared_with_the_json_of_an_earlier_one() {
    let url = format!("{}/api/hello", http(&Seen::new(0)).await);
    let run = [url.as_str(), "-n", "200", "-r", "1000", "--service", "backend"];
    let base = load(&[&run[..], &["-o", "json"]].concat()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("base.json");
    std::fs::write(&file, &base.stdout).unwrap();
    let against = ["--against", file.to_str().unwrap(), "-H", "x-want: v2", "--json"];
    let output = load(&[&run[..], &against].concat()).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = figures["against"]["differences"].as_array().unwrap();
    let more_than_chance =
        |what: &str| found.iter().find(|found| found["what"] == what).unwrap()["more_than_chance"].clone();
    assert_eq!((more_than_chance("version v2"), more_than_chance("success")), (true.into(), false.into()));
    std::fs::write(&file, "{}").unwrap();
    let output = load(&[&run[..], &against].concat()).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot read --against"), "{}", text(&output.stderr));
}
