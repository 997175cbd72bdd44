//! How Envoy's messages are written in JSON.

use serde_json::{Value, json};

/// An extension: its name and its configuration of the given type.
pub(crate) fn extension(name: &str, message: &str, config: Value) -> Value {
    json!({ "name": name, "typed_config": typed(message, config) })
}

/// A message with its type, as `google.protobuf.Any` is written in JSON.
pub(crate) fn typed(message: &str, mut config: Value) -> Value {
    if let Some(fields) = config.as_object_mut() {
        fields.insert("@type".to_owned(), json!(format!("type.googleapis.com/{message}")));
    }
    config
}

/// A TCP address.
pub(crate) fn socket_address(address: impl ToString, port: u16) -> Value {
    json!({ "socket_address": { "address": address.to_string(), "port_value": port } })
}

/// Sets a field of a message that is being made.
pub(crate) fn set(message: &mut Value, field: &str, value: impl Into<Value>) {
    if let Some(fields) = message.as_object_mut() {
        fields.insert(field.to_owned(), value.into());
    }
}
