//! As much of JSON Schema (2020-12) as the call tree's schema uses. A keyword or pattern that is not known here is an
//! error and not ignored, so that the check cannot become weaker than the schema.

use serde_json::{Map, Value};

pub(super) struct Schema(Value);

impl Schema {
    pub(super) fn new(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap())
    }

    /// What is wrong with a value, each with its place.
    pub(super) fn problems(&self, value: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        self.check(&self.0, value, "$", &mut problems);
        problems
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
        let schema = schema.as_object().unwrap();
        for (keyword, wanted) in schema {
            let right = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" => true,
                "$ref" => {
                    self.check(self.resolve(wanted), value, at, problems);
                    true
                }
                "type" => one_or_many(wanted).any(|name| is_of_type(value, name.as_str().unwrap())),
                "const" => value == wanted,
                "enum" => wanted.as_array().unwrap().contains(value),
                "minLength" => {
                    value.as_str().is_none_or(|text| text.chars().count() as u64 >= wanted.as_u64().unwrap())
                }
                "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
                "pattern" => value.as_str().is_none_or(|text| is_match(wanted.as_str().unwrap(), text)),
                "required" => {
                    let present =
                        |name: &Value| value.as_object().is_none_or(|map| map.contains_key(name.as_str().unwrap()));
                    wanted.as_array().unwrap().iter().all(present)
                }
                "properties" => {
                    for (name, part, schema) in members(value, wanted) {
                        self.check(schema, part, &format!("{at}.{name}"), problems);
                    }
                    true
                }
                "additionalProperties" => {
                    assert_eq!(wanted, false, "only a closed object is known");
                    let known = schema["properties"].as_object().unwrap();
                    value.as_object().is_none_or(|map| map.keys().all(|name| known.contains_key(name)))
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}[{index}]"), problems);
                    }
                    true
                }
                "oneOf" => self.matches_one(wanted, value, at, problems),
                unknown => panic!("the keyword {unknown} is not known here"),
            };
            if !right {
                problems.push(format!("{at}: {value} against {keyword} {wanted}"));
            }
        }
    }

    /// Whether exactly one alternative fits. The problems of the nearest one are worth more than "none fits".
    fn matches_one(&self, alternatives: &Value, value: &Value, at: &str, problems: &mut Vec<String>) -> bool {
        let mut outcomes: Vec<Vec<String>> = Vec::new();
        for alternative in alternatives.as_array().unwrap() {
            let mut found = Vec::new();
            self.check(alternative, value, at, &mut found);
            outcomes.push(found);
        }
        let fitting = outcomes.iter().filter(|found| found.is_empty()).count();
        if fitting == 0 {
            problems.extend(outcomes.swap_remove(0));
        }
        fitting == 1
    }

    fn resolve(&self, reference: &Value) -> &Value {
        let pointer = reference.as_str().and_then(|text| text.strip_prefix('#')).unwrap();
        self.0.pointer(pointer).unwrap()
    }
}

fn one_or_many(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        unknown => panic!("the type {unknown} is not known here"),
    }
}

fn members<'a>(value: &'a Value, schemas: &'a Value) -> impl Iterator<Item = (&'a String, &'a Value, &'a Value)> {
    let schemas: &Map<String, Value> = schemas.as_object().unwrap();
    value.as_object().into_iter().flatten().filter_map(|(name, part)| Some((name, part, schemas.get(name)?)))
}

fn is_match(pattern: &str, text: &str) -> bool {
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    match pattern {
        "^#[0-9a-f]{6}$" => text.strip_prefix('#').is_some_and(|rest| hex(rest, 6)),
        "^[0-9a-f]{32}$" => hex(text, 32),
        "^[A-Za-z][A-Za-z0-9._-]{0,63}$" => {
            let rest = text.strip_prefix(|first: char| first.is_ascii_alphabetic());
            rest.is_some_and(|rest| {
                rest.len() <= 63 && rest.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
            })
        }
        unknown => panic!("the pattern {unknown} is not known here"),
    }
}
