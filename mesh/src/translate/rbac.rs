//! Translates rules of authorization policies for Envoy's RBAC filter: operations become permissions, sources become
//! principals, and conditions become either.

use meshwalk_yaml::Diagnostic;
use serde_json::{Value, json};

use crate::kinds::{Condition, Operation, Rule, Source};

/// # Errors
/// Conditions that the local mesh does not support.
pub(crate) fn policy(rule: &Rule, at_gateway: bool) -> Result<Value, Diagnostic> {
    let mut common_permissions = Vec::new();
    let mut common_principals = Vec::new();
    for (index, condition) in rule.when.iter().enumerate() {
        add_condition(condition, at_gateway, &mut common_permissions, &mut common_principals)
            .map_err(|diagnostic| diagnostic.field(format!("spec.rules[].when[{index}]")))?;
    }
    let mut permissions = Vec::new();
    for to in &rule.to {
        let mut all = operation(&to.operation, at_gateway)?;
        all.extend(common_permissions.iter().cloned());
        permissions.push(PERMISSION.all(all));
    }
    if rule.to.is_empty() {
        permissions.push(PERMISSION.all(common_permissions));
    }
    let mut principals = Vec::new();
    for from in &rule.from {
        let mut all = source(&from.source);
        all.extend(common_principals.iter().cloned());
        principals.push(PRINCIPAL.all(all));
    }
    if rule.from.is_empty() {
        principals.push(PRINCIPAL.all(common_principals));
    }
    Ok(json!({ "permissions": permissions, "principals": principals }))
}

/// Field names of "and", "or" and "not" for permissions or principals.
struct LogicOps {
    and: (&'static str, &'static str),
    or: (&'static str, &'static str),
    not: &'static str,
}

const PERMISSION: LogicOps = LogicOps { and: ("and_rules", "rules"), or: ("or_rules", "rules"), not: "not_rule" };
const PRINCIPAL: LogicOps = LogicOps { and: ("and_ids", "ids"), or: ("or_ids", "ids"), not: "not_id" };

impl LogicOps {
    fn all(&self, mut conditions: Vec<Value>) -> Value {
        if conditions.is_empty() {
            conditions.push(json!({ "any": true }));
        }
        json!({ self.and.0: { self.and.1: conditions } })
    }

    /// Adds a condition: one of `values` and none of `not_values`. An empty list adds nothing.
    fn add(&self, to: &mut Vec<Value>, values: &[String], not_values: &[String], one: impl Fn(&str) -> Value) {
        let any = |values: &[String]| {
            let matchers: Vec<Value> = values.iter().map(|value| one(value)).collect();
            json!({ self.or.0: { self.or.1: matchers } })
        };
        if !values.is_empty() {
            to.push(any(values));
        }
        if !not_values.is_empty() {
            to.push(json!({ self.not: any(not_values) }));
        }
    }
}

fn operation(operation: &Operation, at_gateway: bool) -> Result<Vec<Value>, Diagnostic> {
    let mut all = Vec::new();
    PERMISSION.add(&mut all, &operation.hosts, &operation.not_hosts, |host| header(":authority", host, true));
    PERMISSION.add(&mut all, &operation.methods, &operation.not_methods, |method| header(":method", method, false));
    if let Some(template) = operation.paths.iter().chain(&operation.not_paths).find(|path| path.contains('{')) {
        return Err(Diagnostic::new(format!("the local mesh does not support the path template {template:?}"))
            .field("spec.rules[].to[].operation.paths")
            .help("write an exact path, prefix*, *suffix or *"));
    }
    PERMISSION.add(
        &mut all,
        &operation.paths,
        &operation.not_paths,
        |path| json!({ "url_path": { "path": text(path, "", false) } }),
    );
    add_ports(&mut all, &operation.ports, &operation.not_ports, at_gateway)
        .map_err(|diagnostic| diagnostic.field("spec.rules[].to[].operation.ports"))?;
    Ok(all)
}

fn source(source: &Source) -> Vec<Value> {
    let mut all = Vec::new();
    PRINCIPAL.add(&mut all, &source.principals, &source.not_principals, identity);
    PRINCIPAL.add(&mut all, &source.namespaces, &source.not_namespaces, namespace);
    all
}

fn add_condition(
    condition: &Condition,
    at_gateway: bool,
    permissions: &mut Vec<Value>,
    principals: &mut Vec<Value>,
) -> Result<(), Diagnostic> {
    let Condition { key, values, not_values } = condition;
    match key.as_str() {
        "source.principal" => PRINCIPAL.add(principals, values, not_values, identity),
        "source.namespace" => PRINCIPAL.add(principals, values, not_values, namespace),
        "destination.port" => add_ports(permissions, values, not_values, at_gateway)?,
        _ => {
            let name = key.strip_prefix("request.headers[").and_then(|name| name.strip_suffix(']'));
            let name = name.filter(|name| !name.is_empty()).ok_or_else(|| {
                Diagnostic::new(format!("the local mesh does not support the condition {key:?}"))
                    .help("write request.headers[NAME], source.principal, source.namespace or destination.port")
            })?;
            PRINCIPAL.add(principals, values, not_values, |value| header(name, value, false));
        }
    }
    Ok(())
}

fn add_ports(all: &mut Vec<Value>, ports: &[String], not_ports: &[String], at_gateway: bool) -> Result<(), Diagnostic> {
    if ports.is_empty() && not_ports.is_empty() {
        return Ok(());
    }
    if at_gateway {
        return Err(Diagnostic::new(
            "the local mesh does not support ports at the ingress gateway, which has other ports than in a cluster",
        )
        .help("remove ports, or select pods behind the gateway"));
    }
    for port in ports.iter().chain(not_ports) {
        if port.parse::<u16>().is_err() {
            return Err(
                Diagnostic::new(format!("invalid port {port:?}")).help("write a number from 1 to 65535 in quotes")
            );
        }
    }
    PERMISSION.add(
        all,
        ports,
        not_ports,
        |port| json!({ "destination_port": port.parse::<u16>().unwrap_or_default() }),
    );
    Ok(())
}

/// Matches the identity in the caller's certificate. Without a certificate nothing matches, not even `*`.
fn identity(value: &str) -> Value {
    json!({ "authenticated": { "principal_name": text(value, "spiffe://", false) } })
}

/// Matches the namespace of the identity in the caller's certificate.
fn namespace(value: &str) -> Value {
    let pattern = value.split('*').map(literal).collect::<Vec<_>>().join(".*");
    json!({ "authenticated": { "principal_name": { "safe_regex": { "regex": format!(".*/ns/{pattern}/.*") } } } })
}

fn header(name: &str, value: &str, ignore_case: bool) -> Value {
    let matcher = if value == "*" {
        json!({ "name": name, "present_match": true })
    } else {
        json!({ "name": name, "string_match": text(value, "", ignore_case) })
    };
    json!({ "header": matcher })
}

/// Matches a policy's value after the prefix `front`: exact, `prefix*`, `*suffix`, or `*` for any that is not empty.
fn text(value: &str, front: &str, ignore_case: bool) -> Value {
    let mut matcher = if value == "*" {
        json!({ "safe_regex": { "regex": ".+" } })
    } else if let Some(suffix) = value.strip_prefix('*') {
        if front.is_empty() {
            json!({ "suffix": suffix })
        } else {
            json!({ "safe_regex": { "regex": format!("{}.*{}", literal(front), literal(suffix)) } })
        }
    } else if let Some(prefix) = value.strip_suffix('*') {
        json!({ "prefix": format!("{front}{prefix}") })
    } else {
        json!({ "exact": format!("{front}{value}") })
    };
    if ignore_case && value != "*" {
        matcher["ignore_case"] = json!(true);
    }
    matcher
}

/// Escapes a text for a regular expression.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
