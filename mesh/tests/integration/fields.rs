//! Every field of the published schemas is classified, and what is called translated is in the model.

use std::path::Path;

use meshwalk_mesh::{
    manifest::fields::{Effect, Table},
    resources::{Kind, ParsedManifests},
};
use meshwalk_yaml as yaml;

use crate::sample::{complete, least, put, sample};

/// The fields of a kind that have neither a rule nor rules below them.
fn unclassified(table: &Table) -> Vec<&str> {
    table.schema.paths().filter(|path| !table.contains_rules(path) && table.effect(path).is_none()).collect()
}

#[test]
fn every_field_of_the_schemas_is_translated_without_effect_or_rejected() {
    for kind in Kind::ALL {
        assert_eq!(unclassified(kind.fields()), Vec::<&str>::new(), "{kind}");
        assert!(kind.fields().schema.paths().count() > 30, "{kind}: the schema is incomplete");
    }
}

#[test]
fn every_rule_is_about_a_field_that_exists() {
    for kind in Kind::ALL {
        let dead: Vec<&str> = kind
            .fields()
            .rules()
            .map(|(path, _)| path)
            .filter(|path| kind.fields().schema.kind(path).is_none())
            .collect();
        assert_eq!(dead, Vec::<&str>::new(), "{kind}");
    }
}

#[test]
fn every_value_that_a_rule_names_is_one_that_the_schema_knows() {
    for kind in Kind::ALL {
        for (path, effect) in kind.fields().rules() {
            let (Effect::Only(values, _) | Effect::TranslatedIf(values, _)) = effect else { continue };
            let Some(known) = kind.fields().schema.values(path) else { continue };
            for value in values {
                // `UNSPECIFIED` and the like are the absence of a value, which schemas do not always list.
                assert!(known.contains(value), "{kind}: {path}: {value}");
            }
        }
    }
}

#[test]
fn every_reason_and_help_is_a_part_of_a_sentence() {
    for kind in Kind::ALL {
        for (path, effect) in kind.fields().rules() {
            let text = match effect {
                Effect::Translated => continue,
                Effect::WithoutEffect(text)
                | Effect::Rejected(text)
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

#[test]
fn every_translated_field_is_in_the_model_of_its_kind() {
    let mut failures = Vec::new();
    for kind in Kind::ALL {
        for (path, effect) in kind.fields().rules() {
            if !path.starts_with("spec.") || !matches!(effect, Effect::Translated | Effect::TranslatedIf(..)) {
                continue;
            }
            let mut document = least(kind);
            complete(&mut document, kind, path);
            put(&mut document, path, sample(kind, path));
            if let Err(diagnostics) = ParsedManifests::from_documents(&[document]) {
                failures.push(format!("{path}: {diagnostics}"));
            }
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn every_rejected_field_is_rejected_with_its_help() {
    for kind in Kind::ALL {
        for (path, effect) in kind.fields().rules() {
            let Effect::Rejected(help) = effect else { continue };
            let leaf = kind
                .fields()
                .schema
                .paths()
                .filter(|field| field.starts_with(path) && kind.fields().effect(field) == Some(effect))
                .max_by_key(|field| field.len())
                .unwrap();
            let mut document = least(kind);
            put(&mut document, leaf, sample(kind, leaf));
            let diagnostics = ParsedManifests::from_documents(&[document]).unwrap_err();
            assert!(
                diagnostics.0.iter().any(|diagnostic| diagnostic.help.as_deref() == Some(help)),
                "{path}: {diagnostics}"
            );
        }
    }
}

#[test]
fn every_field_without_effect_is_listed_and_changes_nothing() {
    for kind in Kind::ALL {
        for (path, effect) in kind.fields().rules() {
            let Effect::WithoutEffect(reason) = effect else { continue };
            let mut document = least(kind);
            let leaf = kind
                .fields()
                .schema
                .paths()
                .filter(|field| field.starts_with(path) && kind.fields().effect(field) == Some(effect))
                .max_by_key(|field| field.len())
                .unwrap();
            put(&mut document, leaf, sample(kind, leaf));
            complete(&mut document, kind, leaf);
            let reading = ParsedManifests::from_documents(&[document])
                .unwrap_or_else(|diagnostics| panic!("{path}: {diagnostics}"));
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
fn reports_misspelt_fields_below_a_field_without_effect() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a, managedFields: [{manger: x}]}\nspec: {ports: [{name: http, port: 80}]}\n";
    let document = yaml::parse(text, "a.yaml".as_ref()).unwrap().remove(0).to_json();
    let diagnostics = ParsedManifests::from_documents(&[document]).unwrap_err().to_string();
    assert!(
        diagnostics.contains("metadata.managedFields[0].manger: unknown field; did you mean `manager`?"),
        "{diagnostics}"
    );
}
