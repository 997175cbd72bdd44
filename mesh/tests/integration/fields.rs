//! Every field of the published schemas is classified, and what is called translated is in the model.

use std::path::Path;

use meshwalk_mesh::{
    resources::{
        Kind, Reading,
        fields::{Effect, Table, table},
    },
    yaml,
};
use serde_json::{Value, json};

/// The fields of a kind that have neither a rule nor rules below them.
fn unclassified(table: &Table) -> Vec<&str> {
    table.schema.paths().filter(|path| !table.contains_rules(path) && table.effect(path).is_none()).collect()
}

#[test]
fn every_field_of_the_published_schemas_is_translated_without_effect_or_refused() {
    for kind in Kind::ALL {
        assert_eq!(unclassified(table(kind)), Vec::<&str>::new(), "{kind}");
        assert!(table(kind).schema.paths().count() > 30, "{kind}: the schema is incomplete");
    }
}

#[test]
fn every_rule_is_about_a_field_that_exists() {
    for kind in Kind::ALL {
        let dead: Vec<&str> =
            table(kind).rules().map(|(path, _)| path).filter(|path| table(kind).schema.kind(path).is_none()).collect();
        assert_eq!(dead, Vec::<&str>::new(), "{kind}");
    }
}

#[test]
fn every_value_that_a_rule_names_is_one_that_the_schema_knows() {
    for kind in Kind::ALL {
        for (path, effect) in table(kind).rules() {
            let (Effect::Only(values, _) | Effect::TranslatedIf(values, _)) = effect else { continue };
            let Some(known) = table(kind).schema.values(path) else { continue };
            for value in values {
                // `UNSPECIFIED` and the like are the absence of a value, which schemas do not always list.
                assert!(known.contains(value), "{kind}: {path}: {value}");
            }
        }
    }
}

#[test]
fn every_reason_and_remedy_is_a_part_of_a_sentence() {
    for kind in Kind::ALL {
        for (path, effect) in table(kind).rules() {
            let text = match effect {
                Effect::Translated => continue,
                Effect::WithoutEffect(text)
                | Effect::Refused(text)
                | Effect::Only(_, text)
                | Effect::TranslatedIf(_, text) => text,
            };
            assert!(text.len() > 15 && !text.ends_with('.'), "{kind}: {path}: {text}");
            assert!(
                text.starts_with(|c: char| !c.is_uppercase()) || text.starts_with("HTTP"),
                "{kind}: {path}: {text}"
            );
        }
    }
}

/// A value that a field of a type may have; a guess by name where the type is narrower than the schema says.
fn sample(kind: Kind, path: &str) -> Value {
    let table = table(kind);
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
fn put(target: &mut Value, pattern: &str, value: Value) {
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
fn least(kind: Kind) -> Value {
    let spec = match kind {
        Kind::Namespace | Kind::ServiceAccount | Kind::PeerAuthentication | Kind::AuthorizationPolicy => json!({}),
        Kind::Service => json!({"ports": [{"name": "http", "port": 80}]}),
        Kind::Deployment => json!({
            "selector": {"matchLabels": {}},
            "template": {"spec": {"containers": [{"name": "app", "image": "meshwalk/backend:v1"}]}}
        }),
        Kind::Gateway => json!({"servers": [{"port": {"number": 80, "protocol": "HTTP"}, "hosts": ["a.example"]}]}),
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

/// Fields that must stand beside another one for it to be whole.
fn companions(path: &str) -> Vec<(&'static str, Value)> {
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

/// Puts the companions of a field into a document.
fn complete(document: &mut Value, path: &str) {
    for (companion, value) in companions(path) {
        let (first, _) = companion.split_once(['.', '[']).unwrap();
        let at = path.find(&format!(".{first}")).unwrap();
        put(document, &format!("{}.{companion}", &path[..at]), value);
    }
}

#[test]
fn every_translated_field_is_in_the_model_of_its_kind() {
    let mut failures = Vec::new();
    for kind in Kind::ALL {
        for (path, effect) in table(kind).rules() {
            if !path.starts_with("spec.") || !matches!(effect, Effect::Translated | Effect::TranslatedIf(..)) {
                continue;
            }
            let mut document = least(kind);
            complete(&mut document, path);
            put(&mut document, path, sample(kind, path));
            if let Err(problems) = Reading::of_documents(&[document]) {
                failures.push(format!("{path}: {problems}"));
            }
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn every_refused_field_is_refused_with_its_remedy() {
    for kind in Kind::ALL {
        for (path, effect) in table(kind).rules() {
            let Effect::Refused(remedy) = effect else { continue };
            let leaf = table(kind)
                .schema
                .paths()
                .filter(|field| field.starts_with(path) && table(kind).effect(field) == Some(effect))
                .max_by_key(|field| field.len())
                .unwrap();
            let mut document = least(kind);
            put(&mut document, leaf, sample(kind, leaf));
            let problems = Reading::of_documents(&[document]).unwrap_err();
            assert!(problems.0.iter().any(|problem| problem.remedy.as_deref() == Some(remedy)), "{path}: {problems}");
        }
    }
}

#[test]
fn every_field_without_effect_is_listed_and_changes_nothing() {
    for kind in Kind::ALL {
        for (path, effect) in table(kind).rules() {
            let Effect::WithoutEffect(reason) = effect else { continue };
            let mut document = least(kind);
            let leaf = table(kind)
                .schema
                .paths()
                .filter(|field| field.starts_with(path) && table(kind).effect(field) == Some(effect))
                .max_by_key(|field| field.len())
                .unwrap();
            put(&mut document, leaf, sample(kind, leaf));
            complete(&mut document, leaf);
            let reading = Reading::of_documents(&[document]).unwrap_or_else(|problems| panic!("{path}: {problems}"));
            assert!(
                reading.without_effect.iter().any(|field| field.reason == reason && leaf.starts_with(&field.field)),
                "{path}: {:?}",
                reading.without_effect
            );
        }
    }
}

#[test]
fn the_schemas_are_there_for_every_kind_and_no_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".fields").map(str::to_owned))
        .collect();
    names.sort();
    let mut kinds = Kind::ALL.map(|kind| kind.name().to_owned());
    kinds.sort();
    assert_eq!(names, kinds);
}

#[test]
fn a_slip_inside_of_a_field_without_effect_is_still_a_slip() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a, managedFields: [{manger: x}]}\nspec: {ports: [{name: http, port: 80}]}\n";
    let document = yaml::parse(text, "a.yaml".as_ref()).unwrap().remove(0).to_json();
    let problems = Reading::of_documents(&[document]).unwrap_err().to_string();
    assert!(
        problems.contains("metadata.managedFields[0].manger: there is no such field; did you mean `manager`?"),
        "{problems}"
    );
}
