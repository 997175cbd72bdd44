//! The report: JSON as its schema says, a page that is nothing but itself.

use meshwalk::report;

use super::{FILES, TRAFFIC, fake::Fake, run};

async fn full() -> report::Report {
    let fake = Fake::with(&FILES).await;
    let steps = format!(
        "  - title: \"<script>alert('title')</script>\"
    explain: a < b && c > \"d\"
    apply: half.yaml
    faults: {{service: backend, rules: \"error=503@30%;path=\\\"/<x>\\\"\"}}
    wait: {{from: gateway, until: [share: {{v2: 100%}}]}}
{TRAFFIC}    gate: {{checks: [{{success: \">= 1%\"}}], rollback: {{apply: v1.yaml}}}}
    expect: [gate: held, share: {{v1: 50%, v2: 50%}}, status: {{200: 100%}}, {{p99: \">= 0ms\", name: \"<b>name</b>\"}}]
  - title: Two
    cluster-only: not here
    expect: [probes: ready]
"
    );
    run(&fake, &steps).await
}

/// The violations of the published schema, each with a JSON pointer to the value.
fn violations(report: &serde_json::Value) -> Vec<String> {
    let schema = serde_json::from_str(include_str!("../../../../docs/report.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[tokio::test]
async fn report_json_is_as_its_schema_says() {
    let report = serde_json::to_value(full().await).unwrap();
    assert_eq!(violations(&report), Vec::<String>::new());
    let check = &report["labs"][0]["steps"][0]["checks"][1];
    for field in ["name", "expected", "observed", "status", "reason"] {
        assert!(check[field].is_string(), "{field}: {check}");
    }
}

#[tokio::test]
async fn the_schema_refuses_what_a_report_is_not() {
    let mut report = serde_json::to_value(full().await).unwrap();
    report["labs"][0]["steps"][0]["checks"][0]["status"] = "maybe".into();
    report["labs"][0]["steps"][0]["surplus"] = 1.into();
    report["labs"][0].as_object_mut().unwrap().remove("title");
    let violations = violations(&report);
    assert_eq!(violations.len(), 3, "{violations:?}");
}

#[tokio::test]
async fn the_page_escapes_every_text_and_loads_nothing() {
    let page = report::page(&full().await);
    for text in ["<script", "<x>", "<b>name", "<nothing>", "fake <&>"] {
        assert!(!page.contains(text), "{text} is in the page as it was written");
    }
    assert!(page.contains("&lt;script&gt;alert(&#39;title&#39;)&lt;/script&gt;"));
    for loading in ["src=", "href=\"http", "url(", "@import", "<link"] {
        assert!(!page.contains(loading), "{loading}");
    }
    assert!(page.matches("<svg").count() >= 3, "share, rate and latency over time");
    assert!(page.contains("# v2 50"), "the text of the applied file");
}

#[tokio::test]
async fn both_files_are_written_whole_into_a_new_folder() {
    let folder = tempfile::tempdir().unwrap();
    let report = full().await;
    let [json, html] = report::write(&report, &folder.path().join("a/b")).unwrap();
    let read: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert_eq!(read["format"], 1);
    assert!(std::fs::read_to_string(html).unwrap().ends_with("</html>\n"));
    assert_eq!(folder.path().join("a/b").read_dir().unwrap().count(), 2);
}

#[tokio::test]
async fn the_table_tells_what_failed_and_why() {
    let fake = Fake::with(&FILES).await;
    let report = run(&fake, &format!("  - title: One\n{TRAFFIC}    expect: [share: {{v2: 100%}}]\n")).await;
    let table = report::table(&report);
    assert!(
        table.starts_with("LAB   STATUS  STEPS  CHECKS  REQUESTS  TOOK\ntest  failed  0/1    0/1     400"),
        "{table}"
    );
    assert!(table.contains("test, One:\n  share failed\n    expected  v2 100 %\n    observed  v1 100 % (400), v2 0 % (0) of 400 answers\n"), "{table}");
    assert!(table.contains("because   v1 got 100 % of 400 requests (400); none was expected; v2 got 0 %"), "{table}");
}

#[tokio::test]
async fn the_page_links_to_the_first_failure_and_opens_only_failed_steps() {
    let fake = Fake::with(&FILES).await;
    let steps = format!(
        "  - title: Good\n{TRAFFIC}    expect: [success: 100%]\n  - title: Bad\n{TRAFFIC}    expect: [share: {{v2: 100%}}]\n"
    );
    let page = report::page(&run(&fake, &steps).await);
    assert!(page.contains("<a href=\"#lab-test-step-2\">✗ First failure</a>"), "{page}");
    assert!(page.contains("id=\"failed-only\""));
    assert!(page.contains("<details class=\"step passed\" id=\"lab-test-step-1\">"));
    assert!(page.contains("<details class=\"step failed\" id=\"lab-test-step-2\" open>"));
    let ids: Vec<_> = page.split(" href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(ids.iter().all(|id| page.contains(&format!("id=\"{id}\""))), "a link leads nowhere: {ids:?}");
    let steps = format!("  - title: Good\n{TRAFFIC}    expect: [success: 100%]\n");
    let page = report::page(&run(&fake, &steps).await);
    assert!(!page.contains("First failure") && page.contains("id=\"lab-test-step-1\" open>"));
}

#[tokio::test]
async fn junit_has_a_suite_for_each_lab_and_a_case_for_each_step() {
    let fake = Fake::with(&FILES).await;
    let steps = format!(
        "  - title: \"<One> & \\\"two\\\"\"\n{TRAFFIC}    expect: [share: {{v2: 100%}}]\n  - title: Not here\n    cluster-only: a < b\n    expect: [probes: ready]\n"
    );
    let report = run(&fake, &steps).await;
    let xml = report::junit(&report);
    assert!(xml.contains("<testsuites name=\"meshwalk\" tests=\"2\" failures=\"1\" errors=\"0\""), "{xml}");
    assert!(xml.contains("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\""), "{xml}");
    assert!(xml.contains("classname=\"test\" name=\"&lt;One&gt; &amp; &quot;two&quot;\""), "{xml}");
    assert!(
        xml.contains("<failure message=\"share failed\" type=\"check\">share&#10;expected: v2 100 %&#10;observed: v1")
    );
    assert!(xml.contains("<skipped message=\"a &lt; b\"/>"), "{xml}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a/junit.xml");
    report::write_junit(&report, &file).unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), xml);
}

#[tokio::test]
async fn junit_reports_a_lab_that_ended_early_as_an_error() {
    let fake = Fake::with(&FILES).await;
    let xml =
        report::junit(&run(&fake, "  - title: One\n    apply: refused.yaml\n    expect: [probes: ready]\n").await);
    assert!(xml.contains("<testsuites name=\"meshwalk\"") && xml.contains("errors=\"1\""), "{xml}");
    assert!(xml.contains("<error message="), "{xml}");
}
