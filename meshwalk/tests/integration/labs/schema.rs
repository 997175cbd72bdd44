//! As much of JSON Schema as the schemas of this project use; a keyword that it does not know is a problem of its own.

use serde_json::{Map, Value};

/// What about a value is not as a schema says.
pub(crate) fn diagnostics(schema: &Value, value: &Value) -> Vec<String> {
    let mut diagnostics = Vec::new();
    check(schema, schema, value, "$", &mut diagnostics);
    diagnostics
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, diagnostics: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let platform = root.pointer(rule.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                check(root, platform, value, at, diagnostics);
            }
            "type" => {
                let types = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                if !types.iter().any(|name| is(value, name.as_str().unwrap())) {
                    diagnostics.push(format!("{at}: {value} is no {rule}"));
                }
            }
            "const" if value == rule => {}
            "enum" if rule.as_array().unwrap().contains(value) => {}
            "const" | "enum" => diagnostics.push(format!("{at}: {value} is not {rule}")),
            "minimum" => {
                if value.as_f64().is_some_and(|number| number < rule.as_f64().unwrap()) {
                    diagnostics.push(format!("{at}: {value} is less than {rule}"));
                }
            }
            "maximum" => {
                if value.as_f64().is_some_and(|number| number > rule.as_f64().unwrap()) {
                    diagnostics.push(format!("{at}: {value} is more than {rule}"));
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}[{index}]"), diagnostics);
                }
            }
            "required" => {
                for name in rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap()) {
                    if value.is_object() && value.get(name).is_none() {
                        diagnostics.push(format!("{at}: {name} is missing"));
                    }
                }
            }
            "properties" | "additionalProperties" => {}
            other => diagnostics.push(format!("the schema's keyword {other} is not understood here")),
        }
    }
    properties(root, schema, value, at, diagnostics);
}

fn properties(root: &Value, schema: &Value, value: &Value, at: &str, diagnostics: &mut Vec<String>) {
    let Some(object) = value.as_object() else { return };
    let none = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, value) in object {
        let at = format!("{at}.{name}");
        match (known.get(name), schema.get("additionalProperties")) {
            (Some(rule), _) => check(root, rule, value, &at, diagnostics),
            (None, Some(Value::Bool(false))) => diagnostics.push(format!("{at}: it is not in the schema")),
            (None, Some(rule)) if rule.is_object() => check(root, rule, value, &at, diagnostics),
            (None, _) => {}
        }
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
