use proptest::prelude::*;
use serde_json::Value;

use super::super::*;

/// Any JSON with a map at the root, including texts that look like other types.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[-+.:_0-9a-z]{0,6}", "(yes|no|~|null|true|<<|&a|\\*a|- a|# a)"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    });
    prop::collection::btree_map("[a-z]{1,5}", tree, 0..4).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn any_json_is_parsed_unchanged(value in any_json()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let documents = parse(&text, "a.json".as_ref()).unwrap();
        prop_assert_eq!(documents[0].to_json(), value);
    }

    #[test]
    fn any_text_is_parsed_or_rejected_with_a_valid_location(text in "[-a-z0-9:#&*!|>'\"%@`{}\\[\\],? \\n\\t]{0,60}") {
        match parse(&text, "a.yaml".as_ref()) {
            Ok(documents) => {
                for document in documents {
                    prop_assert!(document.root.location.line <= text.split('\n').count());
                }
            }
            Err(diagnostic) => {
                let location = diagnostic.location.unwrap();
                prop_assert!(location.line <= text.split('\n').count() + 1 && location.column >= 1);
            }
        }
    }

    #[test]
    fn any_formatted_path_is_parsed_unchanged(keys in prop::collection::vec("[a-z][-a-z./0-9]{0,8}", 1..5), index in 0_usize..9) {
        let path = keys.iter().fold(FieldPath::default(), |path, key| path.key(key)).index(index);
        prop_assert_eq!(FieldPath::parse(&path.to_string()), path);
    }
}
