//! Header operations on requests and responses.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::message::set;
use crate::kinds::{HeaderOperations, Headers};

/// Header operations. The host is separate, because Envoy does not treat it as a header.
#[derive(Debug, Default)]
pub(crate) struct HeaderChanges {
    request_add: Vec<Value>,
    request_remove: Vec<String>,
    response_add: Vec<Value>,
    response_remove: Vec<String>,
    /// New host of the request.
    pub(crate) authority: Option<String>,
}

impl HeaderChanges {
    pub(crate) fn of(headers: Option<&Headers>) -> Self {
        let mut changes = Self::default();
        changes.extend(headers);
        changes
    }

    /// Adds operations after the existing ones.
    pub(crate) fn extend(&mut self, headers: Option<&Headers>) {
        let Some(headers) = headers else { return };
        let request = &headers.request;
        let authority = |values: &BTreeMap<String, String>| {
            values.iter().find(|(name, _)| is_host(name)).map(|(_, value)| value.clone())
        };
        self.authority = self.authority.take().or_else(|| authority(&request.set)).or_else(|| authority(&request.add));
        self.request_add.extend(added(request));
        self.request_remove.extend(removed(request));
        self.response_add.extend(added(&headers.response));
        self.response_remove.extend(removed(&headers.response));
    }

    /// Writes the operations into a route or a weighted cluster.
    pub(crate) fn apply(self, message: &mut Value) {
        for (field, values) in
            [("request_headers_to_add", self.request_add), ("response_headers_to_add", self.response_add)]
        {
            if !values.is_empty() {
                set(message, field, values);
            }
        }
        for (field, names) in
            [("request_headers_to_remove", self.request_remove), ("response_headers_to_remove", self.response_remove)]
        {
            if !names.is_empty() {
                set(message, field, names);
            }
        }
    }
}

fn is_host(name: &str) -> bool {
    name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority")
}

/// True for a name without a leading colon. Envoy cannot change pseudo-headers by header operations.
fn is_header(name: &str) -> bool {
    !name.starts_with(':') && !name.eq_ignore_ascii_case("host")
}

fn added(operations: &HeaderOperations) -> Vec<Value> {
    let written = |(name, value): (&String, &String), action: &str| json!({ "header": { "key": name, "value": value }, "append_action": action });
    let set = operations.set.iter().filter(|(name, _)| is_header(name));
    let add = operations.add.iter().filter(|(name, _)| is_header(name));
    set.map(|entry| written(entry, "OVERWRITE_IF_EXISTS_OR_ADD"))
        .chain(add.map(|entry| written(entry, "APPEND_IF_EXISTS_OR_ADD")))
        .collect()
}

fn removed(operations: &HeaderOperations) -> Vec<String> {
    operations.remove.iter().filter(|name| is_header(name)).cloned().collect()
}
