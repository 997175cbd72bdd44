use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::*;

mod generated;

fn one(text: &str) -> Document {
    let mut documents = parse(text, "a.yaml".as_ref()).unwrap();
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

fn refusal(text: &str) -> String {
    parse(text, "a.yaml".as_ref()).unwrap_err().to_string()
}

#[test]
fn resolves_scalars_that_both_yaml_versions_read_alike() {
    let document = one("a: 1\nb: -2\nc: 1.5\nd: true\ne: ~\nf:\ng: text\nh: '1'\ni: 10%\nj: 0x10\nk: 1.2.3\nl: 5e2\n");
    assert_eq!(
        document.to_json(),
        json!({"a": 1, "b": -2, "c": 1.5, "d": true, "e": null, "f": null, "g": "text", "h": "1", "i": "10%",
               "j": 16, "k": "1.2.3", "l": 500.0})
    );
}

#[test]
fn parses_json() {
    let document = one("{\"a\": [1, {\"b\": \"yes\"}], \"c\": null}");
    assert_eq!(document.to_json(), json!({"a": [1, {"b": "yes"}], "c": null}));
}

#[test]
fn parses_several_documents_and_skips_empty_ones() {
    let documents = parse("# only a comment\n---\na: 1\n---\n---\nb: 2\n", "a.yaml".as_ref()).unwrap();
    assert_eq!(documents.iter().map(Document::to_json).collect::<Vec<_>>(), [json!({"a": 1}), json!({"b": 2})]);
    assert_eq!(documents[1].location_of("b").to_string(), "a.yaml:6:1");
}

#[test]
fn locates_every_key_and_value() {
    let document = one("spec:\n  http:\n    - name: x\n      route: [{weight: 5}]\n  \"a.b/c\": 1\n");
    for (path, location) in [
        ("", "a.yaml:1:1"),
        ("spec", "a.yaml:1:1"),
        ("spec.http", "a.yaml:2:3"),
        ("spec.http[0]", "a.yaml:3:7"),
        ("spec.http[0].route", "a.yaml:4:7"),
        ("spec.http[0].route[0].weight", "a.yaml:4:16"),
        ("spec.http[0].timeout", "a.yaml:3:7"),
        ("spec.http[7].timeout", "a.yaml:2:3"),
        ("spec[\"a.b/c\"]", "a.yaml:5:3"),
    ] {
        assert_eq!(document.location_of(path).to_string(), location, "{path}");
    }
    assert_eq!(document.get("spec.http[0].name").unwrap().as_str(), Some("x"));
    assert_eq!(document.get("spec.http[0].name").unwrap().location.to_string(), "a.yaml:3:13");
}

#[test]
fn formats_paths_as_they_are_parsed() {
    for path in ["spec.http[0].route", "a[\"b.c/d\"].e", "a[0][1]", "", "é.ü[3]"] {
        assert_eq!(FieldPath::parse(path).to_string(), path);
    }
    // Invalid paths must not cause a panic or an endless loop.
    for path in ["[", "..", "a..b", "a[", "[\"", "a.[", "]"] {
        let _ = FieldPath::parse(path);
    }
}

#[test]
fn rejects_scalars_that_yaml_1_1_and_1_2_read_differently() {
    assert_eq!(
        refusal("a:\n  b: yes\n"),
        "a.yaml:2:6: `yes` is ambiguous: true or text, depending on the YAML version; write true, or quote it if text is meant: \"yes\""
    );
    assert_eq!(
        refusal("a: Off\n"),
        "a.yaml:1:4: `Off` is ambiguous: false or text, depending on the YAML version; write false, or quote it if text is meant: \"Off\""
    );
    for scalar in ["010", "0o17", "0b11", "1_000", "1:30", "12:30:45", "-010", "n", "Y", "ON"] {
        let message = refusal(&format!("a: {scalar}\n"));
        assert!(message.contains("quote it"), "{scalar}: {message}");
        assert_eq!(one(&format!("a: \"{scalar}\"\n")).to_json(), json!({ "a": scalar }));
    }
    assert!(refusal("on: push\n").starts_with("a.yaml:1:1: `on` is ambiguous: true or text"));
    assert_eq!(
        one("a: 12:345\nb: 1.2.3.4:80\nc: 0.5\nd: 0\n").to_json(),
        json!({"a": "12:345", "b": "1.2.3.4:80", "c": 0.5, "d": 0})
    );
}

#[test]
fn rejects_numbers_that_kubernetes_cannot_store() {
    assert!(refusal("a: .inf\n").starts_with("a.yaml:1:4: `.inf` is not a number that Kubernetes can store; "));
    assert_eq!(
        refusal("a: 99999999999999999999\n"),
        "a.yaml:1:4: `99999999999999999999` exceeds 64 bits; quote it if text is meant: \"99999999999999999999\""
    );
}

#[test]
fn requires_unique_text_keys() {
    assert_eq!(one("200: 90%\ntrue: 1\n").to_json(), json!({"200": "90%", "true": 1}));
    assert_eq!(
        refusal("a: 1\nb: 2\na: 3\n"),
        "a.yaml:3:1: duplicate key `a`; keep one of them; the first is on line 1"
    );
    assert_eq!(refusal("0x10: 1\n"), "a.yaml:1:1: the key `0x10` would become `16`; quote it: \"0x10\"");
    assert_eq!(refusal("? [a]\n: 1\n"), "a.yaml:1:3: a list cannot be a key; quote text that begins with { or [");
}

#[test]
fn advises_to_render_a_helm_template() {
    let help = "; this looks like a Helm template; render it first, as by `helm template`";
    for text in ["{{- if .Values.mesh }}\na: 1\n{{- end }}\n", "a: {{ .Values.port }}\n"] {
        assert!(refusal(text).ends_with(help), "{text}");
    }
    assert!(!refusal("a: \"{{name}}\"\nb: 1\nb: 2\n").contains("Helm"));
    assert_eq!(one("a: \"{{name}}\"\n").to_json(), json!({"a": "{{name}}"}));
}

#[test]
fn rejects_anchors_aliases_merges_and_tags() {
    let anchors = "anchors and aliases (`&name`, `*name`) are not supported; repeat the value, or quote text that begins with & or *";
    assert_eq!(refusal("a: &x 1\nb: *x\n"), format!("a.yaml:1:7: {anchors}"));
    assert_eq!(refusal("<<: {a: 1}\n"), "a.yaml:1:1: merge keys (`<<`) are not supported; repeat the fields");
    assert_eq!(
        refusal("a: !!str 1\n"),
        "a.yaml:1:10: the tag `!!str` is not supported; remove it, or quote the value to make it text"
    );
}

#[test]
fn rejects_invalid_yaml_with_its_location() {
    let message = refusal("a: [1, 2\nb: 3\n");
    assert!(message.starts_with("a.yaml:2:"), "{message}");
    assert!(message.contains("not valid YAML: "), "{message}");
    assert_eq!(refusal(&"[".repeat(100)), "a.yaml:1:65: nested deeper than 64 levels");
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Route {
    weight: u32,
    #[serde(default)]
    per_try_timeout: Option<String>,
    #[serde(default)]
    mode: Mode,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Mode {
    #[default]
    Kept,
    Fresh,
    Limited(BTreeMap<u16, u8>),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lab {
    routes: Vec<Route>,
}

fn misfit(text: &str) -> String {
    one(text).deserialize::<Lab>().unwrap_err().to_string()
}

#[test]
fn deserializes_a_document() {
    let lab: Lab = one("routes: [{weight: 5, perTryTimeout: 1s, mode: {limited: {80: 1}}}, {weight: 6, mode: fresh}]")
        .deserialize()
        .unwrap();
    assert_eq!(lab.routes[0].mode, Mode::Limited(BTreeMap::from([(80, 1)])));
    assert_eq!(lab.routes[1].mode, Mode::Fresh);
}

#[test]
fn locates_values_that_do_not_match_the_type() {
    assert_eq!(
        misfit("routes:\n  - weight: ten\n"),
        "a.yaml:2:13: routes[0].weight: the text \"ten\" is not allowed here; write a whole number from 0 to 4294967295"
    );
    assert_eq!(
        misfit("routes:\n  - weight: 1\n    perTryTimeOut: 1s\n"),
        "a.yaml:3:5: routes[0].perTryTimeOut: unknown field; did you mean `perTryTimeout`?"
    );
    assert_eq!(
        misfit("routes:\n  - weight: 1\n    colour: red\n"),
        "a.yaml:3:5: routes[0].colour: unknown field; use one of weight, perTryTimeout, mode"
    );
    assert_eq!(misfit("steps: []\n"), "a.yaml:1:1: steps: unknown field; only `routes` is allowed here");
    assert_eq!(misfit("routes:\n  - perTryTimeout: 1s\n"), "a.yaml:2:5: routes[0].weight: this field is required");
    assert_eq!(
        misfit("routes:\n  - weight: 1\n    mode: frehs\n"),
        "a.yaml:3:5: routes[0].mode: invalid value `frehs`; did you mean `fresh`?"
    );
    assert_eq!(
        misfit("routes:\n  - weight: 1\n    mode: {limited: {80: x}}\n"),
        "a.yaml:3:26: routes[0].mode.limited.80: the text \"x\" is not allowed here; write a whole number from 0 to 255"
    );
    for (value, message) in [
        ("-1", "the number -1 is not allowed here; write a whole number from 0 to 4294967295"),
        ("1.5", "the number 1.5 is not allowed here; write a whole number from 0 to 4294967295"),
        ("true", "true is not allowed here; write a whole number from 0 to 4294967295"),
        ("[1]", "a list is not allowed here; write a whole number from 0 to 4294967295"),
        ("", "the value is empty; write a whole number from 0 to 4294967295"),
    ] {
        let said = misfit(&format!("routes:\n  - weight: {value}\n"));
        assert!(said.ends_with(&format!("routes[0].weight: {message}")), "{said}");
    }
    assert_eq!(misfit("routes: 5\n"), "a.yaml:1:9: routes: the number 5 is not allowed here; write a list");
    assert_eq!(misfit("routes: [5]\n"), "a.yaml:1:10: routes[0]: the number 5 is not allowed here; write a map");
}

#[test]
fn suggests_only_close_words() {
    assert_eq!(nearest("perTryTimeOut", ["perTryTimeout", "timeout"]), Some("perTryTimeout"));
    assert_eq!(nearest("wieght", ["weight", "height"]), Some("weight"));
    assert_eq!(nearest("colour", ["weight", "mode"]), None);
    assert_eq!(nearest("to", ["from", "when", "too"]), Some("too"));
}
